/// Something that left a run's control, with what is known of who did it.
package struct SeenEscape: Sendable, Hashable {
  package var escape: Escape
  /// The asynchronous callers of the place where it happened, where that may be the runtime's.
  package var callers: [UInt]
  /// The calls that led to where a thread made a task ready.
  package var origin: [UInt]

  package init(_ escape: Escape, callers: [UInt] = [], origin: [UInt] = []) {
    self.escape = escape
    self.callers = callers
    self.origin = origin
  }
}

extension Machine {
  /// What left the control of the last run, with what all runs have shown of it.
  package var seenEscapes: [SeenEscape] {
    escapes.elements.map {
      SeenEscape(
        $0.withoutTask, callers: callers[$0.site] ?? [], origin: origins[$0.origin] ?? [])
    }
  }

  /// Takes over what a run of another process has shown of others who work for runs.
  package func learn(_ seen: [SeenEscape]) {
    for seen in seen {
      let (site, origin) = (seen.escape.site, seen.escape.origin)
      if !seen.callers.isEmpty, callers[site] == nil { callers[site] = seen.callers }
      if !seen.origin.isEmpty, origins[origin] == nil { origins[origin] = seen.origin }
    }
  }
}

// MARK: - From a process to another

extension SeenEscape {
  package func pack(into packet: inout Packet) {
    packet.put(escape)
    packet.put(all: callers)
    packet.put(all: origin)
  }

  package init(from packet: inout Packet) {
    self.init(packet.take(), callers: packet.takeAll(), origin: packet.takeAll())
  }
}
