extension HuntProgram {
  /// Programs that are a little smaller, the smallest first.
  var smaller: [HuntProgram] {
    let candidates = Self.smaller(root).map { root -> HuntProgram in
      var program = self
      program.root = root
      return program
    }
    return candidates.filter { $0 != self }.sorted { $0.size < $1.size }
  }

  private static func smaller(_ actions: [HuntAction]) -> [[HuntAction]] {
    var candidates: [[HuntAction]] = []
    for place in actions.indices {
      var without = actions
      without.remove(at: place)
      candidates.append(without)
      for other in smaller(actions[place]) {
        var replaced = actions
        replaced.replaceSubrange(place...place, with: other)
        candidates.append(replaced)
      }
    }
    return candidates
  }

  /// What can stand for an action.
  private static func smaller(_ action: HuntAction) -> [[HuntAction]] {
    switch action {
    case .handled(let thing, let operation, let inner):
      return [inner] + smaller(inner).map { [.handled(thing: thing, operation: operation, $0)] }
    case .linger(let room): return [[.visit(room)]]
    case .together(let launch, let children, let then):
      var candidates: [[HuntAction]] = []
      if launch != .tasks { candidates.append([.together(.tasks, children, then: then)]) }
      for place in children.indices {
        if children.count > 1 {
          var without = children
          without.remove(at: place)
          candidates.append([.together(launch, without, then: then)])
        }
        let child = children[place]
        if child.place != .nowhere {
          var moved = children
          moved[place].place = .nowhere
          candidates.append([.together(launch, moved, then: then)])
        }
        for other in smaller(child.actions) {
          var replaced = children
          replaced[place].actions = other
          candidates.append([.together(launch, replaced, then: then)])
        }
      }
      return candidates + smaller(then).map { [.together(launch, children, then: $0)] }
    default: return []
    }
  }
}
