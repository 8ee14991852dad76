import { show } from '../page/frame.tsx'
import { says } from './says.ts'
import { Explorer } from './explorer.tsx'

void show(says, <Explorer />)
