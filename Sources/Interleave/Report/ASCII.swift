/// Text for test frameworks, in ASCII to the last byte.
///
/// SwiftPM reads what a test process prints in pieces of about 4 KB, and drops each that is not
/// valid UTF-8: each whose edge falls inside a character of several bytes. So whatever is handed
/// to a test framework, or printed beside one, has no such character.
extension String {
  /// The text with each character that is not ASCII written as in Swift source, `\u{2192}`.
  ///
  /// Control characters are written so, too, but for line breaks and tabs. A text that was escaped
  /// stays as it is.
  package var ascii: String {
    escaped { "\\u{\(String($0.value, radix: 16, uppercase: true))}" }
  }

  /// JSON with each character that is not ASCII written as JSON writes it: the same document.
  var asciiJSON: String {
    escaped { scalar in
      String(scalar).utf16.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }.joined()
    }
  }

  /// A regular expression with each character that is not ASCII written as both Swift and
  /// Foundation read it, `\x{F6}`: the same expression.
  var asciiPattern: String {
    escaped { "\\x{\(String($0.value, radix: 16, uppercase: true))}" }
  }

  /// The text with the arrows in it that Swift Testing puts between an expression and its value
  /// made of ASCII.
  ///
  /// Those within a string literal are the user's.
  var withASCIIArrows: String {
    guard contains("→") else { return self }
    var result = ""
    var isInLiteral = false
    var isEscaped = false
    for character in self {
      if character == "\"", !isEscaped { isInLiteral.toggle() }
      isEscaped = character == "\\" && !isEscaped
      if character == "→", !isInLiteral { result += "->" } else { result.append(character) }
    }
    return result
  }

  private func escaped(_ escape: (Unicode.Scalar) -> String) -> String {
    func isPlain(_ value: UInt32) -> Bool {
      (0x20..<0x7F).contains(value) || value == 0x0A || value == 0x09
    }
    guard !utf8.allSatisfy({ isPlain(UInt32($0)) }) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      if isPlain(scalar.value) {
        result.unicodeScalars.append(scalar)
      } else {
        result += escape(scalar)
      }
    }
    return result
  }
}

extension FuzzFailure {
  /// The failure with all of its text in ASCII.
  var ascii: FuzzFailure {
    var copy = self
    copy.message = message.ascii
    copy.sourceLocation?.filePath = sourceLocation?.filePath.ascii ?? ""
    copy.interleaving = interleaving.ascii
    copy.inputs = inputs.map(\.ascii)
    copy.operations = operations.map(\.ascii)
    copy.strategy = strategy?.ascii
    for index in strategies.indices { copy.strategies[index].name = strategies[index].name.ascii }
    copy.corpusFile = corpusFile?.ascii
    copy.halfFix?.corpusFile = halfFix?.corpusFile.ascii ?? ""
    copy.unsavedEntry = unsavedEntry.map {
      UnsavedEntry(path: $0.path.ascii, content: $0.content.asciiJSON, reason: $0.reason?.ascii)
    }
    copy.repair = repair.map {
      Repair(
        staleFile: $0.staleFile.ascii, reason: $0.reason.ascii, isWritten: $0.isWritten,
        difference: $0.difference.asciiJSON)
    }
    copy.replayCommand = replayCommand?.asciiPattern
    copy.test = test.ascii
    copy.escapes = escapes.map(\.ascii)
    copy.callStack = callStack.map(\.ascii)
    if let passing = findings?.passing {
      copy.findings?.passing?.interleaving = passing.interleaving.ascii
    }
    return copy
  }
}

extension Interleaving {
  /// The interleaving with all of its text in ASCII.
  fileprivate var ascii: Interleaving {
    Interleaving(
      steps: steps.map { step in
        var step = step
        step.name = step.name.ascii
        // Of several actors of a type, the number is kept together with the name.
        step.actor = step.actor.replacing("\u{A0}", with: " ").ascii
        step.place = step.place?.ascii
        step.changes = step.changes.map {
          Change(property: $0.property.ascii, before: $0.before.ascii, after: $0.after.ascii)
        }
        step.notes = step.notes.map(\.ascii)
        step.caller = step.caller.ascii
        step.events = step.events.map { event in
          var event = event
          event.place = event.place?.ascii
          event.detail = event.detail.ascii
          return event
        }
        return step
      },
      deviations: deviations.map {
        Deviation(index: $0.index, picked: $0.picked.ascii, passedOver: $0.passedOver.ascii)
      },
      tasks: tasks.map {
        TaskInfo(
          path: $0.path, function: $0.function.ascii, madeAt: $0.madeAt?.ascii, isJob: $0.isJob)
      },
      cancellation: cancellation.map {
        Cancellation(task: $0.task, index: $0.index, after: $0.after.ascii)
      }, poolWidth: poolWidth, randomSeed: randomSeed)
  }
}

extension Interleaving.StepName {
  fileprivate var ascii: Self {
    var copy = self
    copy.function = function.ascii
    copy.executor = executor.ascii
    return copy
  }
}

extension Interleaving.Place {
  fileprivate var ascii: Self { Self(file: file.ascii, line: line) }
}
