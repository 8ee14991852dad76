/** The same action as code: for a shell, and through the SDK for whoever keeps the key in a program of their own. */
export type Code = { readonly curl: string; readonly typescript: string }

/** Where the console answers, and which file has the token, as they stand in front of every curl call. */
export type At = { readonly origin: string; readonly tokenFile: string }

/** A call of the console as a shell writes it; the body comes from standard input, so that no quote of its ends anything. */
export function curlOf({ origin, tokenFile }: At, path: string, body?: object): string {
  const token = `-H "authorization: Bearer $(cat ${quoted(tokenFile)})"`
  if (body === undefined) return `curl -sf ${quoted(origin + path)} ${token}`
  const json = JSON.stringify(body, null, 2)
  return [
    `curl -sf ${quoted(origin + path)} ${token} \\`,
    `  -H content-type:application/json -d @- <<'${endOf(json)}'`,
    json,
    endOf(json),
  ].join('\n')
}

/** A word as a shell takes it, whatever is in it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** A line that does not stand in the text that it ends. */
function endOf(text: string): string {
  let end = 'END'
  while (text.split('\n').includes(end)) end += '_'
  return end
}
