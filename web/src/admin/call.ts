export type Method = 'GET' | 'POST' | 'DELETE'

/** Call is one request to the API, as it can be shown to somebody who wants to make it himself. */
export interface Call {
  method: Method
  /** Behind /api/v1/, with what there is of a query. */
  path: string
  body?: object
}

/** curl writes a call for a shell, with the key in $KEY. */
export function curl({ method, path, body }: Call, origin = location.origin): string {
  const parts = ['curl', ...(method === 'GET' ? [] : ['-X', method]), '-H', '"Authorization: Bearer $KEY"']
  if (body) parts.push('-H', quoted('Content-Type: application/json'), '-d', quoted(JSON.stringify(body)))
  return [...parts, quoted(`${origin}/api/v1/${path}`)].join(' ')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
