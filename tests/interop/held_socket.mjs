// A WebSocket whose frames wait, in both directions and in order, until the run lets them pass: Yjs' own test connector,
// with a real server in its middle.

/** One client's line. While `holds`, frames wait; a line that closes loses what waits, as a real one does. */
export class Line {
  holds = false
  sockets = new Set()

  /** A WebSocket class for this line, to be given to y-websocket as its polyfill. */
  get Socket () {
    const line = this
    return class extends HeldSocket {
      constructor (url, protocols) {
        super(line, url, protocols)
      }
    }
  }

  get waiting () {
    return [...this.sockets].reduce((sum, socket) => sum + socket.incoming.length + socket.outgoing.length, 0)
  }

  /** Let one frame pass. @returns {boolean} whether one waited */
  passOne (inwards) {
    for (const socket of this.sockets) {
      if (socket.pass(inwards) || socket.pass(!inwards)) return true
    }
    return false
  }

  passAll () {
    while (this.passOne(true)) { /* until nothing waits */ }
  }

  release () {
    this.holds = false
    this.passAll()
  }

  /** The cable is pulled: no close frame that carries anything, the server finds out by itself. */
  cut () {
    for (const socket of [...this.sockets]) socket.real.close()
  }
}

class HeldSocket {
  OPEN = 1
  incoming = []
  outgoing = []

  constructor (line, url, protocols) {
    this.line = line
    this.real = new WebSocket(url, protocols)
    line.sockets.add(this)
    this.real.onopen = (event) => this.onopen?.(event)
    this.real.onerror = (event) => this.onerror?.(event)
    this.real.onmessage = ({ data }) => {
      this.incoming.push(data)
      if (!line.holds) this.passAll(true)
    }
    this.real.onclose = (event) => {
      this.end()
      this.onclose?.(event)
    }
  }

  set binaryType (type) { this.real.binaryType = type }
  get readyState () { return this.real.readyState }

  send (data) {
    this.outgoing.push(data)
    if (!this.line.holds) this.passAll(false)
  }

  close () {
    this.end()
    this.real.close()
  }

  end () {
    this.line.sockets.delete(this)
    this.incoming = []
    this.outgoing = []
  }

  pass (inwards) {
    const frame = (inwards ? this.incoming : this.outgoing).shift()
    if (frame === undefined) return false
    if (inwards) this.onmessage?.({ data: frame })
    else if (this.readyState === this.OPEN) this.real.send(frame)
    return true
  }

  passAll (inwards) {
    while (this.pass(inwards)) { /* until nothing waits */ }
  }
}
