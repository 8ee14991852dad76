import { running } from './01-running.ts'
import { delegation } from './02-root.ts'
import { passport } from './03-passport.ts'
import { bringIn } from './04-bring-in.ts'
import { uninvited } from './05-uninvited.ts'
import { agree } from './06-agree.ts'
import { answer } from './07-answer.ts'
import { curl } from './08-curl.ts'
import { sealed } from './09-sealed.ts'
import { more } from './10-more.ts'
import { byte } from './11-byte.ts'
import { killed } from './12-killed.ts'
import { stop } from './13-stop.ts'
import { card } from './14-card.ts'
import { trail } from './15-trail.ts'
import { mirror } from './16-mirror.ts'
import { stolen } from './17-stolen.ts'
import type { Act } from './stage.ts'

/** The story, in order. Each act is one claim, what shows it, and a line for a second terminal. */
export const acts: readonly Act[] = [
  running,
  delegation,
  passport,
  bringIn,
  uninvited,
  agree,
  answer,
  curl,
  sealed,
  more,
  byte,
  killed,
  stop,
  card,
  trail,
  mirror,
  stolen,
]
