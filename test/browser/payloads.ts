/** What a page on the network would run or fetch if any of its words were taken for something else than words. */
const marks = ['window.struck=1', 'fetch("http://127.0.0.1:9/struck")', 'alert(1)'] as const

const around: readonly ((mark: string) => string)[] = [
  (mark) => `<script>${mark}</script>`,
  (mark) => `<img src=x onerror='${mark}'>`,
  (mark) => `<svg onload='${mark}'>`,
  (mark) => `"><script>${mark}</script>`,
  (mark) => `'><img src=x onerror=${mark}>`,
  (mark) => `javascript:${mark}`,
  (mark) => `<a href='javascript:${mark}'>x</a>`,
  (mark) => `<iframe srcdoc='<script>${mark}</script>'></iframe>`,
  (mark) => `<math><mtext></mtext><script>${mark}</script></math>`,
  (mark) => `<details open ontoggle='${mark}'>x</details>`,
  (mark) => `<style onload='${mark}'>*{color:red}</style>`,
  (mark) => `<body onload='${mark}'>`,
  (mark) => `{{constructor.constructor('${mark.replaceAll("'", '')}')()}}`,
  (mark) => `\${${mark}}`,
  (mark) => `]]><script>${mark}</script>`,
  (mark) => `--><script>${mark}</script>`,
  (mark) => `<noscript><p title='</noscript><script>${mark}</script>'>`,
  (mark) => `<form><button formaction='javascript:${mark}'>x</button></form>`,
  (mark) => `<object data='javascript:${mark}'></object>`,
  (mark) => `\\u003cscript\\u003e${mark}\\u003c/script\\u003e`,
]

const others: readonly string[] = [
  '<link rel=stylesheet href=http://127.0.0.1:9/struck>',
  '<meta http-equiv=refresh content="0;url=http://127.0.0.1:9/struck">',
  '<base href=http://127.0.0.1:9/>',
  'url(http://127.0.0.1:9/struck)',
  '<img src=http://127.0.0.1:9/struck>',
  '\u202Etxt.exe',
  'a\u2066b\u2069c',
  `z${'\u0301'.repeat(60)}`,
  '\u0000\u0001\u001b[31m',
  'x'.repeat(3000),
]

/** Seventy of them. */
export const payloads: readonly string[] = [...around.flatMap((wrap) => marks.map(wrap)), ...others]
