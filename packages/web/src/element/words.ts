/** What the element says: few words, in the script itself, since it loads nothing. */
export type Words = {
  readonly ask: string
  readonly why: string
  readonly other: string
  readonly scan: string
  readonly code: string
  readonly paste: string
  readonly choose: string
  readonly broken: string
}

export const words: Readonly<Record<string, Words>> = {
  en: {
    ask: 'Answer with my passport',
    why: 'Your wallet shows what is asked. You decide, part by part; saying no costs nothing.',
    other: 'On another device',
    scan: 'Scan this with the device that has your wallet.',
    code: 'QR code of this ask',
    paste: 'Or paste this into your wallet:',
    choose: 'Open this ask in your wallet.',
    broken: 'This ask is not whole, so there is nothing to open.',
  },
  et: {
    ask: 'Vasta oma passiga',
    why: 'Sinu rahakott näitab, mida küsitakse. Sina otsustad osa kaupa; ei ütlemine ei maksa midagi.',
    other: 'Teises seadmes',
    scan: 'Skanni see seadmega, milles on su rahakott.',
    code: 'Selle küsimuse QR-kood',
    paste: 'Või kleebi see oma rahakotti:',
    choose: 'Ava see küsimus oma rahakotis.',
    broken: 'See küsimus ei ole terviklik, seega pole midagi avada.',
  },
  hi: {
    ask: 'मेरे पासपोर्ट से जवाब दें',
    why: 'आपका वॉलेट दिखाता है कि क्या माँगा गया है। आप हिस्से-हिस्से तय करते हैं; ना कहने का कोई नुक़सान नहीं।',
    other: 'किसी और उपकरण पर',
    scan: 'इसे उस उपकरण से स्कैन करें जिसमें आपका वॉलेट है।',
    code: 'इस माँग का क्यूआर कोड',
    paste: 'या इसे अपने वॉलेट में चिपकाएँ:',
    choose: 'इस माँग को अपने वॉलेट में खोलें।',
    broken: 'यह माँग पूरी नहीं है, इसलिए खोलने को कुछ नहीं है।',
  },
}

/** The first language of those that there is. */
export function firstOf(wanted: readonly string[]): string {
  return wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => Object.hasOwn(words, tag)) ?? 'en'
}

export function wordsFor(language: string): Words {
  const [first] = Object.values(words)
  const found = words[language] ?? first
  if (found === undefined) throw new Error('the element has no words')
  return found
}
