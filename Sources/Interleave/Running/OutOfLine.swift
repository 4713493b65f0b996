/// A large value that is seldom there, in as much room as a reference takes.
///
/// What each run hands on is moved several times; most runs pass, and have few of these.
@propertyWrapper
struct OutOfLine<Value> {
  fileprivate final class Box {
    let value: Value

    init(_ value: Value) {
      self.value = value
    }
  }

  private var box: Box?

  init(wrappedValue: Value?) {
    box = wrappedValue.map(Box.init)
  }

  var wrappedValue: Value? {
    get { box?.value }
    set { box = newValue.map(Box.init) }
  }
}

extension OutOfLine: Sendable where Value: Sendable {}
extension OutOfLine.Box: Sendable where Value: Sendable {}
