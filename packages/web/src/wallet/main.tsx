import { render } from 'preact'
import { Speak } from '../page/frame.tsx'
import { WalletPage } from './wallet-page.tsx'

const page = document.querySelector('#page')
if (page) {
  render(
    <Speak>
      <WalletPage />
    </Speak>,
    page,
  )
}
