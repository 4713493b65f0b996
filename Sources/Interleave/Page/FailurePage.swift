/// A failure as one page of HTML that needs nothing else: the content of `report.html`.
///
/// Whatever comes from the program stands in it as text: in the document that its script reads, or
/// escaped. The page loads nothing.
enum FailurePage {
  /// The page.
  ///
  /// - Parameters:
  ///   - document: The failure, as ``FailureDocument`` tells it.
  ///   - title: What the page is called.
  ///   - text: The report as text, for those who run no scripts, and for print.
  static func html(_ document: JSONValue, title: String, text: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
    style-src 'unsafe-inline'; script-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(title.escapedForHTML)</title>
    <style>
    \(style)
    </style>
    </head>
    <body>
    \(body)
    <details id="text" open>
    <summary>The report as text</summary>
    <pre dir="ltr">\(text.escapedForHTML)</pre>
    </details>
    <script type="application/json" id="failure">\(document.written)</script>
    <script>
    \(scriptOfModel)
    \(scriptOfDiagram)
    \(scriptOfHistory)
    \(scriptOfPanes)
    </script>
    </body>
    </html>

    """
  }

  /// What is there before the script fills it.
  private static let body = #"""
    <header>
    <h1 id="title"></h1>
    <p id="where"></p>
    <pre id="message" dir="auto"></pre>
    </header>
    <noscript><p>Scripts are off, so here is the report as text.</p></noscript>
    <main id="app" hidden>
    <section id="story" aria-label="What collided"></section>
    <section id="history" aria-label="The history" hidden>
    <h2>The history: each call from where it was made to where it returned</h2>
    <div id="calls"></div>
    <div id="order"></div>
    </section>
    <div id="controls" role="group" aria-label="Steps">
    <button id="first" type="button" title="Home">First</button>
    <button id="back" type="button" title="Arrow up">Back</button>
    <input id="slider" type="range" min="1" value="1" aria-label="Step">
    <button id="next" type="button" title="Arrow down">Next</button>
    <button id="last" type="button" title="End">Last</button>
    <output id="position" for="slider"></output>
    <label>Lanes <select id="lanes"><option value="task">by task</option>
    <option value="actor">by actor</option></select></label>
    <label><input id="past" type="checkbox"> only what happens before the failure</label>
    <label>Theme <select id="theme"><option value="auto">as the system</option>
    <option value="light">light</option><option value="dark">dark</option></select></label>
    </div>
    <form id="search" role="search">
    <label>Find <input id="query" type="search" placeholder="balance, or: withdraw after begins"
    autocomplete="off"></label>
    <button id="find" type="submit">Find next</button>
    <output id="found" for="query" aria-live="polite"></output>
    </form>
    <div id="work">
    <div id="diagram" role="listbox" tabindex="0" aria-label="The interleaving, a step in each row">
    <div id="heads" aria-hidden="true"></div>
    <div id="rows"></div>
    </div>
    <aside id="panes" aria-label="The step">
    <section><h2 id="stepTitle"></h2><div id="stepWords"></div></section>
    <section><h2>Source</h2><div id="source"></div></section>
    <section><h2>State</h2><div id="state"></div></section>
    <section><h2>Other orders</h2><div id="orders"></div></section>
    </aside>
    </div>
    <section id="passing" aria-label="The nearest run that passes" hidden>
    <h2>The nearest run that passes</h2>
    </section>
    <p id="live" aria-live="polite" class="unseen"></p>
    </main>
    """#
}

extension String {
  /// The text as it stands in HTML, also within quotes.
  ///
  /// Control characters are shown by the signs for them.
  var escapedForHTML: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      case "\n", "\t": text.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20:
        text.unicodeScalars.append(Unicode.Scalar(0x2400 + scalar.value) ?? "?")
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
