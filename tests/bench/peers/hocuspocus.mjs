// Hocuspocus as its documentation starts it.
// node hocuspocus.mjs PORT [DATABASE [DEBOUNCE_MS [DURABLE_LOG]]]
// With a database it keeps documents in SQLite (WAL, synchronous=FULL, as ours does) through its own Database extension.
// Its clients are never told what survives a crash; DURABLE_LOG gets one line for each store that is COMMITted:
// milliseconds of the machine's monotonic clock, the document's name, and its state vector in base64. GET / tells how many documents are in memory.
import { createWriteStream } from 'node:fs'
import { Database } from '@hocuspocus/extension-database'
import { Server } from '@hocuspocus/server'
import * as Y from 'yjs'

const [port, file, debounce, durable] = process.argv.slice(2)
const extensions = []
if (file) {
  process.removeAllListeners('warning') // node:sqlite still says that it is experimental
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL')
  database.exec('CREATE TABLE IF NOT EXISTS documents (name TEXT PRIMARY KEY, data BLOB NOT NULL)')
  const read = database.prepare('SELECT data FROM documents WHERE name = ?')
  const write = database.prepare('INSERT INTO documents VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET data = excluded.data')
  const log = durable ? createWriteStream(durable) : null
  extensions.push(new Database({
    fetch: async ({ documentName }) => read.get(documentName)?.data ?? null,
    store: async ({ documentName, document, state }) => {
      const vector = log === null ? null : Buffer.from(Y.encodeStateVector(document)).toString('base64')
      write.run(documentName, state)
      log?.write(`${Number(process.hrtime.bigint()) / 1e6} ${documentName} ${vector}\n`)
    }
  }))
}
const server = new Server({
  port: Number(port),
  address: '127.0.0.1',
  quiet: true,
  extensions,
  ...(debounce ? { debounce: Number(debounce) } : {}),
  async onRequest ({ response, instance }) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ documents: instance.documents.size }))
    throw null // the documented way to keep Hocuspocus from answering too
  }
})
await server.listen()
