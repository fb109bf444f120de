// What a seeded client does to its document: one edit of any kind that Yjs has, on maps, arrays, text and XML.
import * as Y from 'yjs'

/** mulberry32: the same seed gives the same numbers, on every machine. */
export const random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

/** A generator for one step of one seed, so that what an edit draws never shifts what comes after it. */
export const randomFor = (seed, step) => random(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(step + 1, 0x85ebca6b))

// Emoji outside the BMP, ZWJ families, flags, combining marks, right-to-left, conjuncts, line separators, a lone NUL.
const WORDS = [
  'lys ', 'å', '山の朝', '😀', '\u{1F3D4}\u{FE0F}', '👩‍👩‍👧‍👦', '🇳🇴', 'e\u0301\u0323', 'שלום ', 'مرحبا ', 'क्षि', '\n', '\u2028', '\u0000', 'fog, ',
]
const VALUES = [
  0, -1, 1.5, 2 ** 31, Number.MAX_SAFE_INTEGER, 1e300, true, false, null, '', 'נוף 🌄', [], {},
  { a: [1, { 'ключ': '値' }], b: null }, ['x', 2, [3.25]], new Uint8Array([0, 255, 128]), 1234567890123456789n, undefined,
]
const MARKS = [{ bold: true }, { bold: null }, { italic: true }, { link: 'https://example.org/ø' }, { 'färg': '#c0ffee' }, { 'färg': null }]

/** An index at which a gentle client may write: never between the halves of an emoji, where yrs would tear the text. */
const boundary = (text, index) => {
  const at = text.toDelta().reduce((whole, part) => whole + (typeof part.insert === 'string' ? part.insert : '\uFFFC'), '')
  const code = at.charCodeAt(index)
  return code >= 0xdc00 && code <= 0xdfff ? index - 1 : index
}

/**
 * One edit.
 * @param {Y.Doc} doc
 * @param {() => number} next random numbers
 * @param {boolean} gentle whether emoji stay whole
 * @returns {string} what it did, for the trace of a failing seed
 */
export const edit = (doc, next, gentle) => {
  const pick = (n) => Math.floor(next() * n)
  const one = (list) => list[pick(list.length)]
  const value = () => one(VALUES)
  const inList = () => { const is = value(); return is === undefined || typeof is === 'bigint' ? null : is } // Y.Array takes neither
  const maps = doc.getMap('environments')
  const list = doc.getArray('list')
  const xml = doc.getXmlFragment('xml')
  const place = (text, whole = gentle) => {
    const at = pick(text.length + 1)
    return whole ? boundary(text, at) : at
  }
  const span = (text, whole = gentle) => {
    const from = place(text, whole)
    const to = Math.min(text.length, from + 1 + pick(6))
    return [from, (whole ? boundary(text, to) : to) - from]
  }
  const inText = (text) => {
    switch (pick(8)) {
      case 0: case 1: case 2: { const at = place(text); const word = one(WORDS); text.insert(at, word); return `insert ${at} ${JSON.stringify(word)}` }
      case 3: { const at = place(text); const mark = one(MARKS); text.insert(at, one(WORDS), mark); return `insert ${at} with ${JSON.stringify(mark)}` }
      // Formatting from inside an emoji makes Yjs tear it for the author alone, with any server or none.
      case 4: { const [at, size] = span(text, true); if (size) text.format(at, size, one(MARKS)); return `format ${at}+${size}` }
      case 5: { const at = place(text); text.insertEmbed(at, { image: one(WORDS) }, next() < 0.5 ? one(MARKS) : undefined); return `embed ${at}` }
      default: { const [at, size] = span(text); if (size) text.delete(at, size); return `delete ${at}+${size}` }
    }
  }
  const fresh = () => {
    switch (pick(4)) {
      case 0: return new Y.Map([['name', one(WORDS)], ['n', next()]])
      case 1: return Y.Array.from([pick(10), one(WORDS)])
      case 2: return new Y.Text(one(WORDS))
      default: return new Y.Map([['parameters', new Y.Map([['time_of_day', pick(24)]])], ['cameras', new Y.Map()], ['tags', new Y.Array()]])
    }
  }
  const inside = (type, key, depth) => {
    if (type instanceof Y.Text) return 'text ' + inText(type)
    if (type instanceof Y.Map) return inMap(type, key, depth + 1)
    if (type instanceof Y.Array) return inArray(type, depth + 1)
    return 'nothing to enter'
  }
  const inMap = (map, prefix, depth) => {
    const key = prefix + pick(4)
    switch (pick(6)) {
      case 0: map.delete(key); return `delete ${key}`
      case 1: map.set(key, fresh()); return `new type at ${key}`
      case 2: case 3: if (depth < 4) return `${key} > ` + inside(map.get(key), prefix, depth)
      // falls through
      default: { map.set(key, value()); return `set ${key}` }
    }
  }
  const inArray = (array, depth) => {
    switch (pick(7)) {
      case 0: case 1: { const at = pick(array.length + 1); array.insert(at, [inList(), one(WORDS)]); return `put ${at}` }
      case 2: { const at = pick(array.length + 1); array.insert(at, [fresh()]); return `put a type ${at}` }
      case 3: case 4: if (array.length && depth < 4) { const at = pick(array.length); return `${at} > ` + inside(array.get(at), 'å', depth) }
      // falls through
      default: {
        const at = pick(array.length + 1), size = Math.min(array.length - at, 1 + pick(3))
        if (size > 0) array.delete(at, size)
        return `take ${at}+${size}`
      }
    }
  }
  const inXml = (node, depth) => {
    switch (pick(6)) {
      case 0: { const element = new Y.XmlElement(one(['p', 'scene', 'h-ö'])); element.setAttribute('klass', one(WORDS)); node.insert(pick(node.length + 1), [element]); return 'xml element' }
      case 1: node.insert(pick(node.length + 1), [new Y.XmlText(one(WORDS))]); return 'xml text'
      case 2: if (node.length) node.delete(pick(node.length), 1); return 'xml delete'
      default: {
        const child = node.length ? node.get(pick(node.length)) : null
        if (child instanceof Y.XmlText) return 'xml ' + inText(child)
        if (child instanceof Y.XmlElement) {
          if (next() < 0.3) { child.setAttribute(one(['klass', 'å']), one(WORDS)); return 'xml attribute' }
          if (next() < 0.2) { child.removeAttribute('klass'); return 'xml no attribute' }
          if (depth < 3) return 'xml > ' + inXml(child, depth + 1)
        }
        return 'xml nothing'
      }
    }
  }
  switch (pick(8)) {
    case 0: case 1: case 2: return 'environments ' + inMap(maps, 'k', 0)
    case 3: case 4: return 'notes ' + inText(doc.getText('notes'))
    case 5: case 6: return 'list ' + inArray(list, 0)
    default: return inXml(xml, 0)
  }
}

const plain = (_key, value) => {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
  if (value?.constructor === Object) return Object.fromEntries(Object.entries(value).sort()) // yrs keeps no order of keys
  return value === undefined ? 'undefined' : value
}

/** Everything two copies must share: what is read, how it is formatted, every client's clock, every deletion. */
export const content = (doc) => JSON.stringify({
  environments: sorted(doc.getMap('environments')),
  notes: doc.getText('notes').toDelta(),
  list: doc.getArray('list').toArray().map(deep),
  remarks: doc.getText('remarks').toDelta(),
  xml: xmlDeltas(doc.getXmlFragment('xml')),
  clocks: [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort(([a], [b]) => a - b),
  deleted: [...Y.createDeleteSetFromStructStore(doc.store).clients].sort(([a], [b]) => a - b)
    .map(([client, parts]) => [client, joined(parts)]),
  waiting: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
}, plain)

const sorted = (map) => [...map.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, deep(value)])

const deep = (value) => {
  if (value instanceof Y.Text) return { text: value.toDelta() }
  if (value instanceof Y.Map) return { map: sorted(value) }
  if (value instanceof Y.Array) return { array: value.toArray().map(deep) }
  return value
}

const xmlDeltas = (node) => node.toArray().map((child) => child instanceof Y.XmlText
  ? { text: child.toDelta() }
  : { name: child.nodeName, attributes: Object.entries(child.getAttributes()).sort(), children: xmlDeltas(child) })

const joined = (parts) => parts.reduce((all, { clock, len }) => {
  const last = all.at(-1)
  if (last && last[0] + last[1] === clock) last[1] += len
  else all.push([clock, len])
  return all
}, [])
