/** A point that a test holds shut, or makes fail, while others wait to pass it. */
export type Gate = {
  pass(this: void): Promise<void>
  /** Shuts it; the returned act opens it again. */
  hold(this: void): () => void
  /** The next to pass fails, as a disk does. */
  failNext(this: void): void
}

/** An open gate. */
export const gate = (): Gate => {
  let shut: Promise<void> | undefined
  let failing = false
  return {
    async pass() {
      const fails = failing
      failing = false
      await shut
      if (fails) throw new Error('EIO: i/o error, fdatasync')
    },
    hold() {
      let open = (): void => {}
      shut = new Promise((resolve) => (open = resolve))
      return () => {
        shut = undefined
        open()
      }
    },
    failNext() {
      failing = true
    },
  }
}
