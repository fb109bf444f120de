// The Yjs half of the exchanges that pycrdt-websocket's own suite tries, written anew.
// node pycrdt_yjs.mjs ws://…/ws/project ROOM PART
import * as Y from 'yjs'
import { WebsocketProvider } from 'y-websocket'

const [url, room, part] = process.argv.slice(2)
const [project, kind] = room.split('/')
const doc = new Y.Doc()
const provider = new WebsocketProvider(`${url}/${project}`, kind, doc, { disableBc: true, maxBackoffTime: 100, params: { user: 'usr_node' } })
const synced = new Promise((resolve) => provider.on('sync', (is) => is && resolve()))

const parts = {
  // Says one more than each number it hears.
  clock: () => {
    const map = doc.getMap('map')
    map.observe((event) => {
      if (!event.transaction.local && event.keysChanged.has('in')) map.set('out', map.get('in') + 1)
    })
  },
  // Writes types inside types, in one go.
  nested: async () => {
    await synced
    doc.transact(() => {
      const cell = new Y.Map([['source', new Y.Text('1 + 2 = «3» 🧮')], ['metadata', { foo: 'bår', n: [1, 2.5, null, true] }]])
      doc.getArray('cells').push([cell, new Y.Array()])
      doc.getArray('cells').get(1).push(['山', new Y.Map([['deep', true]])])
      doc.getMap('state').set('state', { dirty: false })
    })
  },
  // Undoes what the other side writes, because it tracks what the provider brings.
  undo: async () => {
    await synced
    const map = doc.getMap('map')
    const undo = new Y.UndoManager(map, { trackedOrigins: new Set([provider]), captureTimeout: 0 })
    map.set('ready', true)
    undo.clear()
    map.observe(({ transaction }) => { if (transaction.origin === provider) setTimeout(() => undo.undo(), 10) })
  },
  // Shows whom it sees.
  presence: async () => {
    await synced
    provider.awareness.setLocalState({ user: { name: 'Node' }, sees: [] })
    const look = () => {
      const sees = [...provider.awareness.getStates()].filter(([id]) => id !== doc.clientID).map(([, state]) => state.mood).filter(Boolean).sort()
      if (String(sees) !== String(provider.awareness.getLocalState().sees)) provider.awareness.setLocalStateField('sees', sees)
    }
    provider.awareness.on('change', look)
    look()
  },
}
await parts[part]()
