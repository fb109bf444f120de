// People in one room who all move their cursors.
// {target, protocol, people, hz, seconds}: prints {sent, delivered, late: percentiles, wall}: states that arrived at others, and how old
// they were on arrival at every fifth person. A server may leave out a state that a newer one of the same person replaces.
import { awareness, AWARENESS, Client, finish, now, pace, percentiles, Reader, ready, rest } from './wire.mjs'

const { target, protocol, people, hz, seconds } = JSON.parse(process.argv[2])
const total = Math.round(hz * seconds)
const FIRST = 200_000
const sent = Array.from({ length: people }, () => new Float64Array(total + 1))
const late = []
let delivered = 0
let recording = false
const everybody = []
for (let index = 0; index < people; index++) {
  const seen = new Int32Array(people)
  const client = new Client(target, protocol, (kind, frame) => {
    if (kind !== AWARENESS || !recording) return
    const reader = new Reader(frame.bytes())
    const time = now()
    for (let count = reader.uint(); count > 0; count--) {
      const who = reader.uint() - FIRST
      const clock = reader.uint()
      reader.bytes()
      if (who < 0 || who >= people || who === index || clock < 2 || clock - 1 <= seen[who]) continue
      seen[who] = clock - 1
      delivered++
      if (index % 5 === 0) late.push(time - sent[who][clock - 2])
    }
  })
  everybody.push(await client.in)
}
const state = (index, k) =>
  JSON.stringify({ user: { name: 'Person ' + index, color: '#7a5cff' }, cursor: { environment: 'env_1', slot: 'base/wide_establishing', u: ((k * 7 + index) % 1000) / 1000, v: ((k * 3) % 1000) / 1000 } })
for (let index = 0; index < people; index++) everybody[index].send(Buffer.from([AWARENESS]), awareness(FIRST + index, 1, state(index, 0)))
await rest(500)
await ready()
recording = true
const began = now()
await pace(people, hz, total, (index, k) => {
  sent[index][k] = now()
  everybody[index].send(Buffer.from([AWARENESS]), awareness(FIRST + index, k + 2, state(index, k)))
})
await rest(300)
finish({ sent: people * total, expected: people * total * (people - 1), delivered, late: percentiles(late), wall: (now() - began) / 1000 })
