import InterleaveEngine

/// What a worker tells of the runs of a share.
final class ShareLog {
  let number: Int
  /// The share was not run to where it ends or fails, for a reason that cannot be told.
  var isBroken = false
  private var notes: [RunNote] = []
  /// What there is to tell of a run besides its note, by its place among the notes.
  private var remarks: [Int: [UInt8]] = [:]
  /// The last run, if it failed, as ``Runner/takeOver(_:_:)`` wants it.
  private(set) var failure: [UInt8]?
  /// The step that was running was stopped.
  private(set) var wasStopped = false
  private var position = 0

  init(of number: Int) {
    self.number = number
  }

  // MARK: Writing

  func add(_ note: RunNote) { notes.append(note) }

  /// Adds to the last run what there is to tell of it.
  func add(remarks bytes: [UInt8]) { remarks[notes.count - 1] = bytes }

  /// The last run failed.
  func fail(_ packet: [UInt8], wasStopped: Bool = false) {
    failure = packet
    self.wasStopped = wasStopped
  }

  /// Nothing follows on this share, and no later one counts.
  var isLast: Bool { failure != nil || isBroken }

  var bytes: [UInt8] {
    var packet = Packet()
    packet.put(number)
    packet.put(isBroken)
    packet.put(wasStopped)
    packet.put(all: notes)
    packet.put(all: Array(remarks.keys.sorted()))
    for (_, bytes) in remarks.sorted(by: { $0.key < $1.key }) { packet.put(all: bytes) }
    packet.put(optional: failure) { $0.put(all: $1) }
    return packet.bytes
  }

  // MARK: Reading

  init(_ bytes: [UInt8]) {
    var packet = Packet(bytes)
    number = packet.take()
    isBroken = packet.take()
    wasStopped = packet.take()
    notes = packet.takeAll()
    for place in packet.takeAll(Int.self) { remarks[place] = packet.takeAll() }
    failure = packet.takeOptional { $0.takeAll() }
  }

  /// The place of the strategy that chose the last run that was taken.
  var lastPlace: Int32 { notes[position - 1].place }

  /// All runs were taken.
  var isOver: Bool { position == notes.count }

  /// Takes the next run, and what else there is to tell of it.
  func next() -> (note: RunNote, remarks: Packet?) {
    defer { position += 1 }
    return (notes[position], remarks[position].map { Packet($0) })
  }
}
