import { render } from 'preact'
import { Speak } from '../page/frame.tsx'
import { Console } from './console.tsx'

const page = document.querySelector('#page')
if (page) {
  render(
    <Speak>
      <Console />
    </Speak>,
    page,
  )
}
