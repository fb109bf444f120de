// Applies what honest clients heard during a fuzz to stock Yjs documents: `node stream_reader.mjs FILE ROOT`.
// One line of FILE is {seed, frames: [base64 of sync frames]}. Prints one line of JSON per failure, then a summary.
import fs from 'node:fs'
import * as Y from 'yjs'
import * as decoding from 'lib0/decoding'

let rounds = 0, frames = 0, failed = 0
for (const line of fs.readFileSync(process.argv[2], 'utf8').split('\n')) {
  if (!line) continue
  const { seed, root, frames: said, state } = JSON.parse(line)
  const doc = new Y.Doc()
  doc.getMap(root).observeDeep(() => {})
  rounds += 1
  try {
    for (const text of said) {
      const decoder = decoding.createDecoder(Buffer.from(text, 'base64'))
      decoding.readVarUint(decoder)
      decoding.readVarUint(decoder)
      Y.applyUpdate(doc, decoding.readVarUint8Array(decoder))
      frames += 1
    }
    doc.getMap(root).toJSON()
    const late = new Y.Doc()
    Y.applyUpdate(late, Y.encodeStateAsUpdate(doc))
    const here = Y.decodeStateVector(Y.encodeStateVector(doc))
    for (const [client, clock] of Object.entries(state)) {
      if ((here.get(Number(client)) ?? 0) !== clock) throw new Error(`client ${client} stands at ${here.get(Number(client))}, not ${clock}`)
    }
    if (doc.store.pendingStructs) throw new Error('something waits')
  } catch (error) {
    failed += 1
    console.log(JSON.stringify({ seed, error: String(error.stack).slice(0, 400) }))
  }
}
console.log(JSON.stringify({ rounds, frames, failed }))
