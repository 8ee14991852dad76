import { useEffect, useState } from 'preact/hooks'

/** Where in the page somebody is: what stands behind `#`, which is never sent to any server. */
export function useRoute(): string {
  const [route, setRoute] = useState(readRoute)
  useEffect(() => {
    const follow = (): void => setRoute(readRoute())
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return route
}

/** Goes somewhere else in the page; the browser's back button comes back. */
export function go(route: string): void {
  location.hash = route
}

function readRoute(): string {
  try {
    return decodeURIComponent(location.hash.slice(1))
  } catch {
    return location.hash.slice(1)
  }
}
