// The page of a room, the largest that people load.
import { alone } from './plugins/alone.ts'

export default alone('room', 70)
