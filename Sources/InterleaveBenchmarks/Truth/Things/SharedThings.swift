/// All that programs of the hunt can share.
enum SharedThings {
  static let all: [any SharedThing.Type] =
    locks + atomics + waits + tasks + foundation + system

  static func place(of name: String) -> Int? { all.firstIndex { $0.name == name } }
}
