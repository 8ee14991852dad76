import { show } from '../page/frame.tsx'
import { says } from './says.ts'
import { WalletPage } from './wallet-page.tsx'

void show(says, <WalletPage />)
