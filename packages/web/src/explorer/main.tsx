import { render } from 'preact'
import { Speak } from '../page/frame.tsx'
import { Explorer } from './explorer.tsx'

const page = document.querySelector('#page')
if (page) {
  render(
    <Speak>
      <Explorer />
    </Speak>,
    page,
  )
}
