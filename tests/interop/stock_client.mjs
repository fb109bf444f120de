// A stock Yjs client driven line by line: JSON commands on stdin, one JSON answer per command on stdout.
// node stock_client.mjs ws://host:port/ws/project/ID environments TOKEN
import * as Y from 'yjs'
import { WebsocketProvider } from 'y-websocket'
import { createInterface } from 'node:readline'

const [url, room, token] = process.argv.slice(2)
const doc = new Y.Doc()
const provider = new WebsocketProvider(url, room, doc, { params: { token }, disableBc: true })
const environments = doc.getMap('environments')

const synced = () =>
  new Promise((resolve) => {
    if (provider.synced) return resolve()
    const look = (is) => {
      if (is) {
        provider.off('sync', look)
        resolve()
      }
    }
    provider.on('sync', look)
  })

const commands = {
  sync: synced,
  set: ({ environment, name, value }) => {
    doc.transact(() => environments.get(environment).get('parameters').set(name, value))
  },
  rename: ({ environment, name }) => {
    environments.get(environment).set('name', name)
  },
  offline: () => provider.disconnect(),
  online: async () => {
    provider.connect()
    await synced()
  },
  dump: () => doc.toJSON(),
  state: () => Buffer.from(Y.encodeStateVector(doc)).toString('hex'),
  client: () => doc.clientID,
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  const value = (await commands[command.do](command)) ?? null
  process.stdout.write(JSON.stringify(value) + '\n')
}
provider.destroy()
process.exit(0)
