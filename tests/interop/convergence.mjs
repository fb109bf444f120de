// Seeded random runs of stock Yjs clients, many at once in one process. JSON commands on stdin, answers on stdout, each
// carrying the command's `id`; a run that wants its server killed says {"wants": "kill", ...} and waits.
//   begin {seed, urls, room, plan}   the run, until every client is online again
//   settle {seed}                    wait until all hold the same
//   compare {seed, others}           what `others`, documents of other libraries as updates in hex, lack or have beyond
//   reread {seed, urls}              a client that starts from nothing reads the same
//   end {seed}
import * as Y from 'yjs'
import { WebsocketProvider } from 'y-websocket'
import { createInterface } from 'node:readline'
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import { Line } from './held_socket.mjs'
import { content, edit, random, randomFor } from './seeded_edits.mjs'

process.setMaxListeners(0) // each provider listens to 'exit'

const PATIENCE_MS = 20_000
const PATIENCE_WITH_KILLS_MS = 90_000 // a server that starts on a busy machine, several times in a row
const runs = new Map()

/** The parts in which two contents differ. */
const unlike = (first, one, second, other) => {
  const [a, b] = [JSON.parse(one), JSON.parse(other)]
  const parts = Object.keys(a).filter((part) => JSON.stringify(a[part]) !== JSON.stringify(b[part]))
  return parts.map((part) => `${part}\n of ${first}: ${JSON.stringify(a[part])}\n of ${second}: ${JSON.stringify(b[part])}`).join('\n')
}

class Person {
  constructor (run, doc, online, user = `usr_${run.people.length}`) {
    this.run = run
    this.user = user
    this.doc = doc
    this.line = new Line()
    const url = run.urls[run.people.length % run.urls.length]
    const [project, kind] = run.room.split('/')
    this.undo = new Y.UndoManager([doc.getMap('environments'), doc.getText('notes'), doc.getArray('list')], { captureTimeout: 0 })
    this.provider = new WebsocketProvider(`${url}/${project}`, kind, doc, {
      connect: online, params: { user }, disableBc: true, maxBackoffTime: 50,
      WebSocketPolyfill: this.line.Socket,
    })
    this.provider.on('closed', ({ code, reason }) => { run.refused = `closed with ${code} ${reason}` })
    this.provider.awareness.setLocalState({ name: `person ${doc.clientID}` })
    doc.on('update', () => run.changed())
    this.provider.awareness.on('change', () => run.changed())
    this.provider.on('sync', () => run.changed())
  }

  get online () { return this.provider.shouldConnect }

  leave () {
    this.run.owed.set(this.doc.clientID, Y.getState(this.doc.store, this.doc.clientID))
    this.undo.destroy()
    this.provider.destroy()
    this.provider.awareness.destroy()
    this.doc.destroy()
  }
}

class Run {
  constructor ({ seed, urls, room, plan }) {
    Object.assign(this, { seed, urls, room, plan, people: [], trace: [], owed: new Map(), refused: null })
    this.next = random(seed)
    this.born = 0
    this.wake = () => {}
  }

  pick (n) { return Math.floor(this.next() * n) }

  changed () { this.wake() }

  /** Resolves at the next change of anything, or soon. */
  change (ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  newDoc () {
    const doc = new Y.Doc({ gc: this.next() < 0.8 })
    doc.clientID = 1 + this.born++ + 1000 * (1 + (this.seed % 4_000_000)) // who wins a tie is part of the seed
    return doc
  }

  join (online) {
    const person = new Person(this, this.newDoc(), online)
    person.line.holds = this.next() < this.plan.held
    this.people.push(person)
    return person
  }

  /** The tab is closed and opened again; what it had kept is all it has, and it is a new client to everybody. */
  reload (at) {
    const before = this.people[at]
    const kept = Y.encodeStateAsUpdate(before.doc)
    before.leave()
    const doc = this.newDoc()
    Y.applyUpdate(doc, kept)
    const { length } = this.people
    const after = new Person(this, doc, this.next() < 0.5, before.user) // the old tab's connection may still be open
    after.line.holds = before.line.holds
    this.people[at] = after
    if (this.people.length !== length) throw new Error('a reload changes nobody else')
  }

  async begin (killServer) {
    const { plan } = this
    const clients = plan.clients[0] + this.pick(plan.clients[1] - plan.clients[0] + 1)
    for (let n = 0; n < clients; n++) this.join(this.next() < 0.8)
    const death = this.next() < plan.kills ? this.pick(plan.steps) : -1
    for (let step = 0; step < plan.steps; step++) {
      const at = this.pick(this.people.length)
      const person = this.people[at]
      const chance = this.next()
      if (step === death) {
        this.trace.push(`${step} server killed`)
        await killServer(this.next() < 0.5)
      }
      if (chance < 0.05) { this.trace.push(`${step} ${at} offline`); person.provider.disconnect() }
      else if (chance < 0.11) { const away = this.people.findIndex((one) => !one.online); if (away >= 0) { this.trace.push(`${step} ${away} online`); this.people[away].provider.connect() } }
      else if (chance < 0.13) { this.trace.push(`${step} ${at} cut`); person.line.cut() }
      else if (chance < 0.15) { this.trace.push(`${step} ${at} reloads`); this.reload(at) }
      else if (chance < 0.17 && this.people.length < plan.clients[1] + 2) { this.trace.push(`${step} joins late`); this.join(true) }
      else if (chance < 0.22) { this.trace.push(`${step} ${at} holds: ${!person.line.holds}`); person.line.holds ? person.line.release() : (person.line.holds = true) }
      else if (chance < 0.30) { this.trace.push(`${step} ${at} passes all`); person.line.passAll() }
      else if (chance < 0.55) { if (person.line.passOne(this.next() < 0.5)) this.trace.push(`${step} ${at} passes one`) }
      else if (chance < 0.65) { this.trace.push(`${step} waits`); await this.change(10) }
      this.work(step)
      await turn()
    }
    this.trace.push('all online')
    for (const { line, provider } of this.people) {
      line.release()
      provider.connect()
    }
  }

  work (step) {
    const next = randomFor(this.seed, step)
    const at = Math.floor(next() * this.people.length)
    const { doc, undo } = this.people[at]
    const done = []
    const kind = next()
    if (kind < 0.05) done.push(undo.undo() ? 'undo' : 'no undo')
    else if (kind < 0.07) done.push(undo.redo() ? 'redo' : 'no redo')
    else if (kind < 0.6) done.push(edit(doc, next, this.plan.gentle))
    else doc.transact(() => { for (let n = 1 + Math.floor(next() * 4); n > 0; n--) done.push(edit(doc, next, this.plan.gentle)) })
    this.trace.push(`${step} ${at} (${doc.clientID}) ${done.join('; ')}`)
  }

  /** What keeps the run from being over, or null. */
  difference (others = []) {
    if (this.refused) throw new Error(this.refused)
    const away = this.people.findIndex(({ provider }) => !provider.synced)
    if (away >= 0) {
      const { provider, line } = this.people[away]
      const sockets = [...line.sockets].map((socket) => `${socket.readyState} ${socket.incoming.length} in, ${socket.outgoing.length} out`)
      const { wsconnected, wsconnecting, shouldConnect, wsUnsuccessfulReconnects, ws } = provider
      return `client ${away} is not synced: ${JSON.stringify({ wsconnected, wsconnecting, shouldConnect, wsUnsuccessfulReconnects, ws: ws?.readyState, sockets })}`
    }
    const clocks = this.people.map(({ doc }) => String([...Y.decodeStateVector(Y.encodeStateVector(doc))].sort()))
    const behind = clocks.findIndex((clock) => clock !== clocks[0])
    if (behind > 0) return `clocks of client 0 and ${behind}: ${clocks[0]} and ${clocks[behind]}`
    const contents = this.people.map(({ doc }) => content(doc))
    const docs = others.map((update) => { const doc = new Y.Doc(); Y.applyUpdate(doc, Buffer.from(update, 'hex')); return doc })
    contents.push(...docs.map(content))
    for (const doc of docs) doc.destroy()
    const odd = contents.findIndex((one) => one !== contents[0])
    if (odd > 0) return unlike(`client 0`, contents[0], `client ${odd}`, contents[odd])
    const whole = Y.decodeStateVector(Y.encodeStateVector(this.people[0].doc))
    for (const [client, clock] of this.owed) {
      if ((whole.get(client) ?? 0) < clock) return `client ${client} had written up to ${clock}, and ${whole.get(client)} is there`
    }
    if (JSON.parse(contents[0]).waiting) return 'updates wait for others that never came'
    const here = this.people.map(({ doc }) => doc.clientID)
    for (const [at, { provider }] of this.people.entries()) {
      const seen = provider.awareness.getStates()
      const ghosts = [...seen.keys()].filter((client) => !here.includes(client))
      // On another node's people one waits for their next word, at most 15 s.
      const missing = this.urls.length > 1 ? [] : here.filter((client) => !seen.has(client))
      if (ghosts.length || missing.length) return `client ${at} sees ghosts ${ghosts}, and does not see ${missing}`
    }
    this.whole = contents[0]
    return null
  }

  async until (differs) {
    const giveUp = performance.now() + (this.plan.kills ? PATIENCE_WITH_KILLS_MS : PATIENCE_MS)
    for (let seen; (seen = differs()) !== null;) {
      if (performance.now() > giveUp) throw new Error(seen.slice(0, 20_000))
      await this.change(100)
    }
  }

  async reread (urls) {
    const [project, kind] = this.room.split('/')
    for (const url of urls) {
      const doc = new Y.Doc()
      const provider = new WebsocketProvider(`${url}/${project}`, kind, doc, { params: { user: 'usr_late' }, disableBc: true, maxBackoffTime: 50 })
      doc.on('update', () => this.changed())
      provider.on('sync', () => this.changed())
      await this.until(() => provider.synced && content(doc) === this.whole ? null : unlike('a client that came last', content(doc), 'the others', this.whole))
      provider.destroy()
      provider.awareness.destroy()
      doc.destroy()
    }
  }

  end () {
    for (const person of this.people) person.leave()
    this.people = []
  }
}

const awaited = new Map() // seed → resolves when its server is back

const commands = {
  begin: async (command) => {
    const run = new Run(command)
    runs.set(command.seed, run)
    await run.begin((hard) => new Promise((resolve) => {
      awaited.set(command.seed, resolve)
      say({ wants: 'kill', seed: command.seed, hard })
    }))
  },
  killed: ({ seed }) => awaited.get(seed)(),
  settle: ({ seed }) => {
    const run = runs.get(seed)
    return run.until(() => run.difference())
  },
  compare: ({ seed, others }) => runs.get(seed).difference(others),
  leave: ({ seed }) => runs.get(seed).end(),
  reread: ({ seed, urls }) => runs.get(seed).reread(urls),
  end: ({ seed }) => {
    runs.get(seed).end()
    runs.delete(seed)
  },
}

const say = (answer) => process.stdout.write(JSON.stringify(answer) + '\n')

const answer = async (command) => {
  try {
    say({ id: command.id, is: (await commands[command.do](command)) ?? null })
  } catch (error) {
    say({ id: command.id, failed: String(error.stack), trace: runs.get(command.seed)?.trace ?? [] })
  }
}

for await (const line of createInterface({ input: process.stdin })) void answer(JSON.parse(line))
await pause(0)
process.exit(0)
