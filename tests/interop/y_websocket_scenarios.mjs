// What people do with y-websocket, one scenario after the other: node y_websocket_scenarios.mjs ws://…/ws/project SCENARIO
// A scenario that needs its server killed or started says so on stdout and waits for a line on stdin.
import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import { WebsocketProvider } from 'y-websocket'
import * as Y14 from '@y/y'
import { WebsocketProvider as Provider14 } from '@y/websocket'

const [url, scenario] = process.argv.slice(2)
const room = 'environments'
const project = `prj_${Buffer.from(scenario).toString('hex').slice(0, 40)}` // its beginning, in letters that ids may have
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

/** A document with its provider, and everything the provider said. */
const client = (options = {}, doc = new Y.Doc()) => {
  const provider = new WebsocketProvider(`${url}/${project}`, room, doc, { disableBc: true, maxBackoffTime: 100, ...options })
  const said = []
  provider.on('status', ({ status }) => said.push(status))
  provider.on('sync', (synced) => said.push(synced ? 'sync' : 'no sync'))
  provider.on('closed', ({ code, reason }) => said.push(`closed ${code} ${reason}`))
  return { doc, provider, said, map: doc.getMap('environments'), text: doc.getText('notes'), awareness: provider.awareness }
}

const until = async (condition, what, patienceMs = 8000) => {
  const giveUp = performance.now() + patienceMs
  for (;;) {
    const is = condition()
    if (is) return is
    if (performance.now() > giveUp) assert.fail(`${what} within ${patienceMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
const synced = (...clients) => until(() => clients.every(({ provider }) => provider.synced), 'all are synced')
const same = (one, other) => until(() => one.text.toString() === other.text.toString(), 'both hold the same text')
const server = async (wish) => {
  console.log(JSON.stringify({ wants: wish }))
  await answers.next()
}

/** A bare socket that collects frames. */
const wire = (query = '') => new Promise((resolve, reject) => {
  const socket = new WebSocket(`${url}/${project}/${room}${query}`)
  const frames = []
  socket.binaryType = 'arraybuffer'
  socket.onmessage = ({ data }) => frames.push(new Uint8Array(data))
  socket.onopen = () => resolve({ socket, frames })
  socket.onerror = reject
})
const frame = (...parts) => {
  const encoder = encoding.createEncoder()
  for (const part of parts) part instanceof Uint8Array ? encoding.writeVarUint8Array(encoder, part) : encoding.writeVarUint(encoder, part)
  return encoding.toUint8Array(encoder)
}

const scenarios = {
  'tells of connecting, connected and synced, in a room that is empty': async () => {
    const ana = client()
    await synced(ana)
    assert.deepEqual(ana.said, ['connected', 'sync']) // 'connecting' was said before anybody could listen
    assert.equal(ana.provider.wsconnected, true)
    assert.equal(ana.provider.wsUnsuccessfulReconnects, 0)
  },

  'stays away until it is told to connect': async () => {
    const ana = client({ connect: false })
    ana.text.insert(0, 'written before ')
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.deepEqual([ana.provider.ws, ana.said], [null, []])
    const ben = client()
    await synced(ben)
    assert.equal(ben.text.length, 0)
    ana.provider.connect()
    await synced(ana)
    await same(ana, ben)
    assert.equal(ben.text.toString(), 'written before ')
  },

  'is not synced once it disconnects, and is again': async () => {
    const ana = client(), ben = client()
    await synced(ana, ben)
    const closes = []
    ana.provider.on('connection-close', (event) => closes.push(event))
    ana.provider.disconnect()
    assert.deepEqual([ana.provider.synced, ana.provider.wsconnected, closes], [false, false, [null]])
    ana.text.insert(0, 'away ')
    ben.text.insert(0, 'here ')
    ana.provider.connect()
    await synced(ana)
    await same(ana, ben)
    assert.equal(ana.text.length, 10)
    assert.deepEqual(ana.said.slice(-5), ['no sync', 'disconnected', 'connecting', 'connected', 'sync'])
  },

  'comes back by itself when the server was killed, with what both sides wrote': async () => {
    const ana = client(), ben = client()
    await synced(ana, ben)
    ana.text.insert(0, 'before ')
    await same(ana, ben)
    await server('kill')
    await until(() => !ana.provider.wsconnected && !ben.provider.wsconnected, 'both notice')
    assert.equal(ana.provider.synced, false)
    ana.text.insert(0, 'ana ')
    ben.text.insert(ben.text.length, 'ben')
    await until(() => ana.provider.wsUnsuccessfulReconnects > 2, 'it tries again and again')
    await server('start')
    await synced(ana, ben)
    await same(ana, ben)
    assert.equal(ana.text.toString(), 'ana before ben')
    assert.equal(ana.provider.wsUnsuccessfulReconnects, 0)
    assert.ok(ana.said.includes('disconnected') && !ana.said.some((word) => word.startsWith('closed')))
  },

  'finds the document where it was left after everybody had gone and the server restarted': async () => {
    const ana = client()
    await synced(ana)
    ana.text.insert(0, 'לילה 🌃')
    const ben = client()
    await synced(ben)
    await same(ana, ben)
    let durable = false
    ana.provider.messageHandlers[120] = (_, decoder) => {
      const clocks = Y.decodeStateVector(decoding.readVarUint8Array(decoder))
      durable = (clocks.get(ana.doc.clientID) ?? 0) >= Y.getState(ana.doc.store, ana.doc.clientID)
    }
    ana.provider.ws.send(new Uint8Array([120]))
    await until(() => durable, 'it is said to be saved')
    ana.provider.destroy()
    ben.provider.destroy()
    await server('kill')
    await server('start')
    const eva = client()
    await synced(eva)
    assert.equal(eva.text.toString(), 'לילה 🌃')
  },

  'sees who comes, what they change, and who destroys their provider': async () => {
    const ana = client(), ben = client()
    await synced(ana, ben)
    const heard = []
    ana.awareness.on('change', ({ added, updated, removed }) => heard.push([added.length, updated.length, removed.length]))
    ben.awareness.setLocalState({ looking_at: 'env_1' })
    await until(() => ana.awareness.getStates().get(ben.doc.clientID)?.looking_at === 'env_1', 'ana sees ben')
    ben.awareness.setLocalStateField('cursor', { x: 0.5, name: 'é' })
    await until(() => ana.awareness.getStates().get(ben.doc.clientID)?.cursor?.name === 'é', 'ana sees the cursor')
    ben.provider.destroy()
    await until(() => !ana.awareness.getStates().has(ben.doc.clientID), 'ben is gone')
    assert.ok(heard.length >= 2 && heard.at(-1)[2] === 1)
    assert.ok(ana.awareness.getStates().has(ana.doc.clientID))
  },

  'hears that presence was taken away by its owner': async () => {
    const ana = client(), ben = client()
    await synced(ana, ben)
    ben.awareness.setLocalState({ name: 'Ben' })
    await until(() => ana.awareness.getStates().has(ben.doc.clientID), 'ana sees ben')
    ben.awareness.setLocalState(null)
    await until(() => !ana.awareness.getStates().has(ben.doc.clientID), 'ana does not see ben')
    ben.awareness.setLocalState({ back: true })
    await until(() => ana.awareness.getStates().get(ben.doc.clientID)?.back, 'ana sees ben again')
  },

  'hears who was there before it came': async () => {
    const ana = client()
    await synced(ana)
    ana.awareness.setLocalState({ name: 'Ana' })
    const ben = client()
    await until(() => ben.awareness.getStates().get(ana.doc.clientID)?.name === 'Ana', 'ben sees ana')
  },

  'sees the others at once when it comes back': async () => {
    const ana = client(), ben = client()
    await synced(ana, ben)
    ana.awareness.setLocalState({ name: 'Ana' }) // y-protocols shows nobody whose clock still stands at 0
    ben.awareness.setLocalState({ name: 'Ben' })
    await until(() => ana.awareness.getStates().has(ben.doc.clientID) && ben.awareness.getStates().has(ana.doc.clientID), 'both see each other')
    ana.provider.disconnect()
    await until(() => !ben.awareness.getStates().has(ana.doc.clientID), 'ben sees ana leave')
    ana.provider.connect()
    await until(() => ben.awareness.getStates().has(ana.doc.clientID), 'ben sees ana again', 5000)
    await until(() => ana.awareness.getStates().has(ben.doc.clientID), 'ana sees ben again', 5000)
  },

  'answers a question for presence without asking back': async () => {
    const ana = client()
    await synced(ana)
    ana.awareness.setLocalState({ name: 'Ana' })
    const { socket, frames } = await wire()
    await until(() => frames.some((bytes) => bytes[0] === 1), 'presence comes unasked')
    frames.length = 0
    socket.send(new Uint8Array([3]))
    await until(() => frames.some((bytes) => bytes[0] === 1 && Buffer.from(bytes).includes('Ana')), 'the answer')
    assert.equal(socket.readyState, WebSocket.OPEN)
    assert.ok(!frames.some((bytes) => bytes[0] === 3))
  },

  'may use two providers for one document': async () => {
    const doc = new Y.Doc()
    const one = client({}, doc), two = client({}, doc)
    const ben = client()
    await synced(one, two, ben)
    doc.getText('notes').insert(0, 'once')
    ben.text.insert(0, 'and ')
    await until(() => ben.text.length === 8 && doc.getText('notes').length === 8, 'nothing is doubled')
    one.provider.destroy()
    doc.getText('notes').insert(0, 'still ')
    await same(two, ben)
    assert.equal(ben.text.length, 14)
  },

  'shares presence between tabs of one browser': async () => {
    const one = client({ disableBc: false }), two = client({ disableBc: false })
    const ben = client()
    await synced(one, two, ben)
    one.awareness.setLocalState({ tab: 1 })
    two.awareness.setLocalState({ tab: 2 })
    await until(() => ben.awareness.getStates().get(one.doc.clientID)?.tab === 1 && ben.awareness.getStates().get(two.doc.clientID)?.tab === 2, 'ben sees both tabs')
    two.text.insert(0, 'through both ways')
    await same(one, ben)
    await same(two, ben)
    two.provider.destroy()
    // Tabs speak for each other: the one that stays may have been spoken for by the one that goes, and says so itself.
    await until(() => !ben.awareness.getStates().has(two.doc.clientID) && ben.awareness.getStates().get(one.doc.clientID)?.tab === 1, 'ben sees one tab')
    assert.equal(ben.text.length, 17)
  },

  'is the person its params say, also after they change': async () => {
    const ana = client({ params: { user: 'usr_ana', name: 'Ana' } }), ben = client({ params: { user: 'usr_ben' } })
    await synced(ana, ben)
    ana.awareness.setLocalState({ user: { name: 'x' } })
    const seen = () => ben.awareness.getStates().get(ana.doc.clientID)?.user?.name
    await until(() => seen() === 'Ana', 'the name of the params')
    ana.provider.disconnect()
    ana.provider.params = { user: 'usr_ana', name: 'Anna Ø' }
    ana.provider.connect()
    await until(() => seen() === 'Anna Ø', 'the new name')
  },

  'may offer subprotocols': async () => {
    const ana = client({ protocols: ['yjs', 'other'] })
    await synced(ana)
    assert.equal(ana.provider.ws.protocol, 'yjs')
  },

  'asks again at every resync interval': async () => {
    const ana = client({ resyncInterval: 20 })
    await synced(ana)
    let answers = 0
    const before = ana.provider.messageHandlers[0]
    ana.provider.messageHandlers[0] = (...parts) => {
      answers++
      return before(...parts)
    }
    await until(() => answers >= 5, 'five answers')
    assert.equal(ana.provider.wsconnected, true)
  },

  'brings large documents, all at once and edit by edit': async () => {
    const ana = client({ connect: false })
    const long = 'Bølgene slår mot fjellet 🌊 '.repeat(30_000)
    ana.text.insert(0, long)
    ana.map.set('bytes', new Uint8Array(1_000_000).fill(7))
    ana.provider.connect()
    await synced(ana)
    const ben = client()
    await synced(ben)
    await until(() => ben.text.length === long.length && ben.map.get('bytes')?.length === 1_000_000, 'all of it', 15_000)
    ben.text.insert(0, long)
    await until(() => ana.text.length === 2 * long.length, 'the second half', 15_000)
    assert.equal(ana.said.some((word) => word.startsWith('closed')), false)
  },

  'stops for good, and says why, when it may not write': async () => {
    const ana = client({ params: { role: 'viewer', user: 'usr_eye' } })
    await synced(ana)
    ana.text.insert(0, 'mine')
    const last = await until(() => ana.said.find((word) => word.startsWith('closed')), 'it is closed')
    assert.match(last, /^closed 4403 \S+/)
    await new Promise((resolve) => setTimeout(resolve, 400))
    assert.deepEqual([ana.provider.shouldConnect, ana.provider.ws, ana.said.filter((word) => word.startsWith('closed')).length], [false, null, 1])
    assert.equal(ana.text.toString(), 'mine')
  },

  'stops for good when its copy belongs to another history': async () => {
    const ana = client({ params: { epoch: '987654' } })
    assert.match(await until(() => ana.said.find((word) => word.startsWith('closed')), 'it is closed'), /^closed 4409 /)
    assert.equal(ana.provider.shouldConnect, false)
  },

  'stops for good when it speaks no protocol': async () => {
    const ana = client(), ben = client()
    await synced(ana, ben)
    ana.provider.ws.send(new Uint8Array([0, 2, 5, 1, 2]))
    assert.match(await until(() => ana.said.find((word) => word.startsWith('closed')), 'it is closed'), /^closed 4400 /)
    ben.text.insert(0, 'nobody else noticed')
    assert.equal(ben.provider.wsconnected, true)
  },

  'leaves nothing behind when it is destroyed': async () => {
    const ana = client(), ben = client()
    await synced(ana, ben)
    const before = ana.said.length
    ana.provider.destroy()
    ana.doc.destroy()
    ben.text.insert(0, 'afterwards')
    await until(() => !ben.awareness.getStates().has(ana.doc.clientID), 'ana is gone')
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.equal(ana.provider.ws, null)
    assert.ok(ana.said.slice(before).every((word) => word === 'disconnected' || word === 'no sync'))
    assert.equal(ana.doc.getText('notes').length, 0)
  },

  'hears one message per frame, and no echo of its own words': async () => {
    const { socket, frames } = await wire('?user=usr_wire')
    const doc = new Y.Doc()
    socket.send(frame(0, 0, Y.encodeStateVector(doc)))
    const ben = client()
    await synced(ben)
    ben.awareness.setLocalState({ name: 'Ben' })
    for (let n = 0; n < 50; n++) ben.text.insert(0, `${n} `)
    await until(() => {
      for (const bytes of frames.splice(0)) {
        const decoder = decoding.createDecoder(bytes)
        const type = decoding.readVarUint(decoder)
        const step = type === 0 ? decoding.readVarUint(decoder) : null
        const body = decoding.readVarUint8Array(decoder)
        assert.equal(decoding.hasContent(decoder), false, 'something follows the message')
        if (type === 0 && step > 0) Y.applyUpdate(doc, body)
      }
      return doc.getText('notes').toString() === ben.text.toString()
    }, 'the same text')
    const update = await new Promise((resolve) => {
      doc.once('update', resolve)
      doc.getMap('environments').set('from the wire', true)
    })
    socket.send(frame(0, 2, update))
    await until(() => ben.map.get('from the wire'), 'ben has it')
    assert.equal(frames.filter((bytes) => bytes[0] === 0).length, 0, 'what a sole author wrote is not sent back')
    // The same once more, as after a broken line, does nothing and harms nobody.
    socket.send(frame(0, 2, update))
    socket.send(frame(0, 1, Y.encodeStateAsUpdate(doc)))
    ben.text.insert(0, 'last ')
    await until(() => frames.some((bytes) => bytes[0] === 0), 'the line still works')
  },

  'takes updates that arrive before those they build on': async () => {
    const doc = new Y.Doc()
    const updates = []
    doc.on('update', (update) => updates.push(update))
    for (const word of ['one ', 'two ', 'three ']) doc.getText('notes').insert(doc.getText('notes').length, word)
    const { socket } = await wire()
    socket.send(frame(0, 2, updates[2])) // alone it waits
    const ben = client()
    await synced(ben)
    socket.send(frame(0, 2, updates[0]))
    await until(() => ben.text.toString() === 'one ', 'the first')
    socket.send(frame(0, 2, updates[1]))
    await until(() => ben.text.toString() === 'one two three ', 'all three')
    const eva = client()
    await synced(eva)
    assert.equal(eva.text.toString(), 'one two three ')
  },

  'is welcome with garbage where another still holds what was deleted': async () => {
    const ben = new Y.Doc(), updates = []
    ben.on('update', (update) => updates.push(update))
    const inner = ben.getMap('environments').set('env_1', new Y.Map())
    ben.getMap('environments').set('between', 1)
    inner.set('name', 'Fjære')
    const { socket } = await wire()
    socket.send(frame(0, 2, updates[0]))
    socket.send(frame(0, 2, updates[2])) // waits for the one in between
    const ana = client({ connect: false, params: { user: 'usr_ana' } })
    Y.applyUpdate(ana.doc, Y.encodeStateAsUpdate(ben))
    ana.map.delete('env_1') // what lay inside is garbage now
    ana.provider.connect()
    await synced(ana)
    const eva = client()
    await until(() => eva.map.get('between') === 1, 'all of it has arrived')
    assert.deepEqual([eva.map.toJSON(), ana.provider.wsconnected], [{ between: 1 }, true])
  },

  'shares subdocuments by their guid': async () => {
    const ana = client(), ben = client()
    await synced(ana, ben)
    const inner = new Y.Doc({ guid: 'inner-1' })
    ana.map.set('sub', inner)
    await until(() => ben.map.get('sub')?.guid === 'inner-1', 'ben has the guid')
    const eva = client()
    await synced(eva)
    assert.equal(eva.map.get('sub').guid, 'inner-1')
  },

  'undoes its own words and nobody else’s': async () => {
    const ana = client(), ben = client()
    await synced(ana, ben)
    const undo = new Y.UndoManager(ana.text, { captureTimeout: 0 })
    ana.text.insert(0, 'mine ')
    await same(ana, ben)
    ben.text.insert(5, 'yours ')
    await same(ana, ben)
    undo.undo()
    await same(ana, ben)
    assert.equal(ben.text.toString(), 'yours ')
    undo.redo()
    await same(ana, ben)
    assert.equal(ben.text.toString(), 'mine yours ')
  },

  'of version 4 shares a room with Yjs 14': async () => {
    const make = () => {
      const doc = new Y14.Doc()
      return { doc, provider: new Provider14(`${url}/${project}`, room, doc, { disableBc: true, maxBackoffTime: 100 }) }
    }
    const one = make(), two = make()
    await synced(one, two)
    one.doc.get('notes').insert(0, 'hé 😀')
    two.doc.get('environments').setAttr('key', { deep: ['ø'] })
    await until(() => JSON.stringify(one.doc.get('environments').getAttr('key')) === '{"deep":["ø"]}', 'an attribute')
    await until(() => two.doc.get('notes').length === 5, 'a text')
    one.provider.disconnect()
    one.doc.get('notes').insert(0, 'away ')
    one.provider.connect()
    await until(() => two.doc.get('notes').length === 10, 'what was written away')
    const stock = client()
    await synced(stock)
    assert.equal(stock.text.toString(), 'away hé 😀')
    assert.deepEqual(stock.map.get('key'), { deep: ['ø'] })
    stock.map.set('back', 1)
    await until(() => two.doc.get('environments').getAttr('back') === 1, 'Yjs 13 answers Yjs 14')
  },
}

if (!scenario || !scenarios[scenario]) {
  console.log(JSON.stringify(Object.keys(scenarios)))
  process.exit(scenario === 'list' ? 0 : 1)
}
try {
  await scenarios[scenario]()
  console.log(JSON.stringify({ ok: true }))
} catch (error) {
  console.log(JSON.stringify({ failed: String(error.stack) }))
}
process.exit(0)
