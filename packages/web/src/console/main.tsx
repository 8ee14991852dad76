import { show } from '../page/frame.tsx'
import { says } from './says.ts'
import { Console } from './console.tsx'

void show(says, <Console />)
