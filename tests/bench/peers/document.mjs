// A large document as a long-lived project has it: environments that many people edited again and again.
// {bytes, folder} → folder/whole.bin, whole.vector, nearly.bin, nearly.vector (all but the last edits), pieces.json (base64 updates
// that make the whole). Prints {bytes, environments, people}.
// All environments are archived, so that nobody renders them: this is the price of joining.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as Y from 'yjs'

const { bytes, folder } = JSON.parse(process.argv[2])
const KINDS = ['wide_establishing', 'aerial', 'low_angle', 'high_angle', 'eye_level', 'detail']
const HOURS = ['time_of_day', 'weather_intensity', 'season', 'haze', 'seed', 'exposure', 'wind', 'temperature']
const PEOPLE = 24
let seed = 20261
const random = () => ((seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648)
const digest = () => Array.from({ length: 8 }, () => Math.floor(random() * 2 ** 32).toString(16).padStart(8, '0')).join('')

const doc = new Y.Doc({ gc: false })
const environments = doc.getMap('environments')
const pieces = []
let held = []
doc.on('update', (update) => held.push(update))
const cut = () => {
  if (held.length) pieces.push(Y.mergeUpdates(held))
  held = []
}
// each person is a client of their own, as every browser tab is
const somebody = () => { doc.clientID = 5000 + Math.floor(random() * PEOPLE) }
const edit = (map) => {
  somebody()
  map.set(HOURS[Math.floor(random() * HOURS.length)], Math.floor(random() * 2400) / 100)
}

let count = 0
let size = 0
const alive = []
while (size < bytes) {
  somebody()
  const parameters = new Y.Map()
  doc.transact(() => {
    const map = new Y.Map()
    environments.set('env_' + String(count).padStart(5, '0'), map)
    map.set('name', 'Location ' + count)
    map.set('archived_at', 1700000000)
    map.set('description', 'A harbour at the edge of an old town, wet stone and cranes. '.repeat(4))
    map.set('parameters', parameters)
    const cameras = map.set('cameras', new Y.Map())
    const renders = map.set('renders', new Y.Map())
    for (const kind of KINDS) {
      cameras.set(kind, { kind, position_m: [random() * 40, 1.7, random() * 40], look_at_m: [0, 1.5, 0], focal_mm: 35, sensor_mm: 36 })
      renders.set('base/' + kind, {
        state: 'done', digest: digest(), image: digest(), depth: digest(), thumbs: [digest(), digest()], width: 768, height: 768,
        tier: 'standard', engine: 'procedural', scores: { spatial: random(), identity: random() }, finished_at: 1700000000
      })
    }
  })
  for (const name of HOURS) parameters.set(name, random())
  alive.push(parameters)
  for (let k = 0; k < 40; k++) edit(alive[Math.floor(random() * alive.length)])
  count++
  if (count % 40 === 0) {
    cut()
    size = pieces.reduce((sum, piece) => sum + piece.length, 0)
  }
}
cut()
const keep = (name, data) => writeFileSync(join(folder, name), data)
keep('nearly.bin', Y.mergeUpdates(pieces))
keep('nearly.vector', Y.encodeStateVector(doc))
for (let k = 0; k < 20; k++) edit(alive[Math.floor(random() * alive.length)])
cut()
const whole = Y.mergeUpdates(pieces)
keep('whole.bin', whole)
keep('whole.vector', Y.encodeStateVector(doc))
keep('pieces.json', JSON.stringify(pieces.map((piece) => Buffer.from(piece).toString('base64'))))
process.stdout.write(JSON.stringify({ bytes: whole.length, environments: count, people: PEOPLE }) + '\n')
