/** An EventTarget whose event names and details are known to the compiler. */
export class Emitter<Events extends object> extends EventTarget {
  /** on calls listener with the detail of each event of this type. The function it returns takes it off again. */
  on<K extends keyof Events & string>(type: K, listener: (detail: Events[K]) => void): () => void {
    const wrapped = (event: Event) => listener((event as CustomEvent<Events[K]>).detail)
    this.addEventListener(type, wrapped)
    return () => this.removeEventListener(type, wrapped)
  }

  protected emit<K extends keyof Events & string>(type: K, detail: Events[K]): void {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
