// How streams are called: app/name in the API, and as short as possible in the addresses of pages.

/** The application of a bare name. */
const defaultApp = 'live'

/** pathOf gives the shortest address of a stream: `cam1` for `live/cam1`, `studio/cam1` as it is. */
export function pathOf(stream: { app: string; name: string }): string {
  return short(stream.name.includes('/') ? stream.name : `${stream.app}/${stream.name}`)
}

/** short leaves the default application out of a canonical name. */
export function short(stream: string): string {
  const [app, name, ...more] = stream.split('/')
  return app === defaultApp && name && more.length === 0 ? name : stream
}
