// A stock Yjs client that edits at random, driven line by line: JSON commands on stdin, JSON answers on stdout.
// node random_client.mjs ws://host:port/ws/project user
import * as Y from 'yjs'
import { WebsocketProvider } from 'y-websocket'
import { createInterface } from 'node:readline'

const [url, user] = process.argv.slice(2)
let doc, provider

// mulberry32: the same seed makes the same edits
const random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const words = ['lys ', 'å', '山の朝', '😀', 'fog, ', '\u{1F3D4}\u{FE0F}', 'é', '\n']

// Deleting or writing inside an emoji is something JavaScript can do; `gentle` leaves it out, because yrs, which is what
// a pycrdt client stands on, tears the text there.
const edit = (next, gentle) => {
  const pick = (n) => Math.floor(next() * n)
  const root = doc.getMap('environments')
  const text = doc.getText('notes')
  const list = doc.getArray('list')
  switch (pick(9)) {
    case 0: return root.set('k' + pick(8), pick(1000))
    case 1: return root.delete('k' + pick(8))
    case 2: return root.set('m' + pick(3), new Y.Map(Object.entries({ name: words[pick(8)], n: next() })))
    case 3: {
      const inner = root.get('m' + pick(3))
      return inner instanceof Y.Map ? inner.set('n' + pick(4), { deep: [words[pick(8)], null, true] }) : undefined
    }
    case 4: case 5: return text.insert(gentle ? 0 : pick(text.length + 1), words[pick(8)])
    case 6: return text.length && !gentle ? text.delete(pick(text.length), 1) : undefined
    case 7: return list.insert(pick(list.length + 1), [pick(10), words[pick(8)]])
    default: return list.length ? list.delete(pick(list.length), 1) : undefined
  }
}

const wait = (event, done) =>
  new Promise((resolve) => {
    if (done()) return resolve()
    const look = () => {
      if (done()) {
        provider.off(event, look)
        resolve()
      }
    }
    provider.on(event, look)
  })

const commands = {
  open: async ({ room }) => {
    provider?.destroy()
    doc = new Y.Doc()
    const [project, kind] = room.split('/')
    provider = new WebsocketProvider(`${url}/${project}`, kind, doc, { params: { user }, disableBc: true })
    await wait('sync', () => provider.synced)
  },
  edit: async ({ seed, count, pause, gentle }) => {
    const next = random(seed)
    for (let n = 0; n < count; n++) {
      if (next() < 0.3) edit(next, gentle)
      else doc.transact(() => { edit(next, gentle); edit(next, gentle) })
      if (pause && next() < 0.2) await new Promise((resolve) => setTimeout(resolve, pause))
    }
  },
  offline: () => provider.disconnect(),
  online: async () => {
    provider.connect()
    await wait('sync', () => provider.synced)
  },
  be: ({ state }) => provider.awareness.setLocalState(state),
  presence: () => Object.fromEntries(provider.awareness.getStates()),
  client: () => doc.clientID,
  connected: () => provider.wsconnected,
  dump: () => ({
    environments: doc.getMap('environments').toJSON(),
    notes: doc.getText('notes').toString(),
    list: doc.getArray('list').toJSON(),
    clocks: Object.fromEntries([...Y.decodeStateVector(Y.encodeStateVector(doc))].sort()),
    pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
  }),
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  let answer
  try {
    answer = (await commands[command.do](command)) ?? null
  } catch (error) {
    answer = { failed: String(error.stack) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
process.exit(0)
