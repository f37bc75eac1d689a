// The owner's page: nobody else should load a piece of it, charts least of all.
import { alone } from './plugins/alone.ts'

export default alone('admin', 60)
