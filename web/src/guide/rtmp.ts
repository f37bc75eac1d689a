/** The port that nobody writes. */
const usual = 1935

/** rtmpOf gives the server and the stream key that encoders ask for: `live` is the application of a bare name. */
export function rtmpOf(name: string, host: string, port: number): { server: string; key: string } {
  const slash = name.indexOf('/')
  const [app, key] = slash < 0 ? ['live', name] : [name.slice(0, slash), name.slice(slash + 1)]
  return { server: `rtmp://${host}${port === usual ? '' : `:${port}`}/${app}`, key }
}
