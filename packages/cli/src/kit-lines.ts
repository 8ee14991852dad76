/** A wallet's recovery kit, shown once, and what to do with it. */
export function kitLines(kit: string): string[] {
  return [
    '',
    'Your recovery kit, shown this once:',
    ...inTwoLines(kit),
    'Write it on paper and keep it where you keep your passport. Whoever has it has your passport;',
    'without it and without this folder nobody can give it back to you. Do not photograph it.',
  ]
}

/** A recovery sheet, shown once, and where to keep it. */
export function sheetLines(sheet: string): string[] {
  return [
    '',
    'Your recovery sheet, shown this once:',
    ...inTwoLines(sheet),
    'Write it on another paper than the kit, and keep it in another place, or with somebody you',
    'trust: whoever has it can take your passport, from a thief too. With it: dcann passport recover.',
  ]
}

function inTwoLines(printed: string): string[] {
  const groups = printed.split('-')
  return [`  ${groups.slice(0, 7).join('-')}-`, `  ${groups.slice(7).join('-')}`]
}
