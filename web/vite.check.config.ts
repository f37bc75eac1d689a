// The page that tells whether a browser can reach this server: it has to load where little gets through.
import { alone } from './plugins/alone.ts'

export default alone('check', 25)
