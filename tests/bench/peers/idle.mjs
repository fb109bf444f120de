// Many people who only look: each did the handshake and said who they are.
// {targets, protocol, clients, silent_s, refresh_s}: prints `silent` after a time in which nobody says anything, then lets everybody
// repeat their presence every 15 s, as y-protocols does, and prints {clients} at the end.
import { awareness, AWARENESS, Client, finish, ready, rest, say } from './wire.mjs'

const { targets, protocol, clients, silent_s: silent, refresh_s: refresh } = JSON.parse(process.argv[2])
const everybody = []
const speak = (client, index, clock) => {
  const state = { user: { name: 'Person ' + index, color: '#7a5cff' }, looking_at: { environment: 'env_1', slot: 'base/wide_establishing' } }
  client.send(Buffer.from([AWARENESS]), awareness(100_000 + index, clock, JSON.stringify(state)))
}
// Twenty at a time: opening is not what is measured here.
for (let start = 0; start < clients; start += 20) {
  const some = Array.from({ length: Math.min(20, clients - start) }, (_, k) => new Client(targets[(start + k) % targets.length], protocol).in)
  for (const client of await Promise.all(some)) {
    everybody.push(client)
    speak(client, everybody.length - 1, 1)
  }
}
await rest(1500)
await ready()
await rest(silent * 1000)
say('silent')
const began = performance.now()
let spoken = 0
while (performance.now() - began < refresh * 1000) {
  const due = Math.floor(((performance.now() - began) / 15_000) * clients)
  for (; spoken < due; spoken++) speak(everybody[spoken % clients], spoken % clients, 2 + Math.floor(spoken / clients))
  await rest(5)
}
finish({ clients, spoken })
