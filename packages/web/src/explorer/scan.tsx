import { useEffect, useRef, useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'

/** What browsers that can read codes lend; not yet in the platform's own types. */
type Detector = { detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]> }
type DetectorMaker = new (options: { formats: readonly string[] }) => Detector

/** Whether this browser reads QR codes by itself. Where it does not, what another reader says can be pasted. */
export function canScan(): boolean {
  return 'BarcodeDetector' in window && 'mediaDevices' in navigator
}

/** Opens the camera, reads one code, and closes it again. No picture leaves or is kept. */
export function ScanButton({ found }: { readonly found: (text: string) => void }) {
  const say = useSay()
  const [open, setOpen] = useState(false)
  const [refused, setRefused] = useState(false)
  return (
    <>
      <button type="button" class="secondary" onClick={() => setOpen(!open)} aria-expanded={open}>
        {open ? say('explorer.scan.stop') : say('explorer.scan')}
      </button>
      {open && (
        <Camera
          found={(text) => {
            setOpen(false)
            found(text)
          }}
          refused={() => {
            setOpen(false)
            setRefused(true)
          }}
        />
      )}
      {refused && <p role="alert">{say('explorer.scan.refused')}</p>}
    </>
  )
}

function Camera({ found, refused }: { readonly found: (text: string) => void; readonly refused: () => void }) {
  const video = useRef<HTMLVideoElement>(null)
  useEffect(() => {
    let stream: MediaStream | undefined
    const ending = new AbortController()
    const read = async (): Promise<void> => {
      // `as`: looked for by `canScan`, and what it makes is checked by its use
      const { BarcodeDetector } = window as unknown as { readonly BarcodeDetector: DetectorMaker }
      const detector = new BarcodeDetector({ formats: ['qr_code'] })
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
      const { current } = video
      if (current === null || ending.signal.aborted) return
      current.srcObject = stream
      await current.play()
      while (!ending.signal.aborted) {
        const [code] = await detector.detect(current)
        if (code !== undefined && !ending.signal.aborted) return found(code.rawValue)
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    }
    read().catch(() => ending.signal.aborted || refused())
    return () => {
      ending.abort()
      for (const track of stream?.getTracks() ?? []) track.stop()
    }
  }, [])
  return <video ref={video} muted playsInline class="camera" />
}
