extension FailurePage {
  /// How the page looks.
  static let style = #"""
    :root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --dim: #5a6472;
      --line: #d5dae1; --raised: #f5f7f9; --mark: #fff1c2; --pass: #1a7f37; --fail: #c0272d;
      --accent: #0b5fcc; --l0: #0b5fcc; --l1: #9a3ba8; --l2: #1a7f37; --l3: #b35900;
      --l4: #00747f; --l5: #c0272d; --l6: #6b5b00; --l7: #5b4bd1; }
    @media (prefers-color-scheme: dark) { :root:not([data-theme=light]) { --back: #14171b;
      --text: #e6e9ee; --dim: #9aa5b4; --line: #333b46; --raised: #1d2229; --mark: #4a3c0a;
      --pass: #57c26f; --fail: #ff7b72; --accent: #6cb0ff; --l0: #6cb0ff; --l1: #dd9be8;
      --l2: #57c26f; --l3: #ffa657; --l4: #4fc3cf; --l5: #ff7b72; --l6: #d6c04a;
      --l7: #a9a0ff; } }
    :root[data-theme=dark] { color-scheme: dark; --back: #14171b; --text: #e6e9ee;
      --dim: #9aa5b4; --line: #333b46; --raised: #1d2229; --mark: #4a3c0a; --pass: #57c26f;
      --fail: #ff7b72; --accent: #6cb0ff; --l0: #6cb0ff; --l1: #dd9be8; --l2: #57c26f;
      --l3: #ffa657; --l4: #4fc3cf; --l5: #ff7b72; --l6: #d6c04a; --l7: #a9a0ff; }
    :root[data-theme=light] { color-scheme: light; }
    * { box-sizing: border-box; }
    body { margin: 0; padding: 12px 16px; background: var(--back); color: var(--text);
      font: 14px/1.45 system-ui, sans-serif; }
    h1 { font-size: 19px; margin: 0; overflow-wrap: anywhere; }
    h1 .kind { color: var(--fail); }
    h2 { font-size: 13px; margin: 10px 0 4px; color: var(--dim); }
    pre, code, .code { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
    pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 6px 0; }
    #where { margin: 2px 0; color: var(--dim); }
    #message { max-height: 11em; overflow: auto; }
    #story { border-left: 3px solid var(--fail); padding: 0 0 0 12px; margin: 8px 0; }
    #story p { margin: 4px 0; }
    #story .shown { color: var(--pass); }
    #controls, #search { display: flex; flex-wrap: wrap; gap: 8px; align-items: center;
      margin: 8px 0; }
    #slider { flex: 1 1 160px; accent-color: var(--accent); }
    button, select, input { font: inherit; color: inherit; background: var(--raised);
      border: 1px solid var(--line); border-radius: 5px; padding: 3px 8px; }
    button.step { padding: 0 5px; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
    #work { display: grid; grid-template-columns: minmax(0, 3fr) minmax(260px, 2fr); gap: 14px; }
    @media (max-width: 800px) { #work { grid-template-columns: minmax(0, 1fr); } }
    #diagram { position: relative; overflow: auto; height: 68vh; border: 1px solid var(--line);
      border-radius: 6px; }
    #heads { position: sticky; top: 0; z-index: 2; background: var(--raised); height: 24px;
      border-bottom: 1px solid var(--line); }
    #heads span { position: absolute; top: 3px; transform: translateX(-50%); font-size: 11px;
      white-space: nowrap; color: var(--dim); }
    #rows { position: relative; }
    #rows svg { position: absolute; left: 0; pointer-events: none; }
    .row { position: absolute; left: 0; right: 0; height: 26px; line-height: 26px;
      white-space: nowrap; overflow: hidden; cursor: pointer; padding-right: 6px; }
    .row[aria-selected=true] { background: var(--mark); }
    .row.found { box-shadow: inset 3px 0 0 var(--accent); }
    .row .number { display: inline-block; width: 44px; text-align: right; color: var(--dim);
      padding-right: 8px; font-variant-numeric: tabular-nums; }
    .row .label { position: absolute; overflow: hidden; text-overflow: ellipsis; right: 6px; }
    .row .label bdi { margin-right: 8px; }
    .at { font-weight: 600; }
    .changes { color: var(--pass); }
    .events, .remarks { color: var(--l3); }
    .fails { color: var(--fail); font-weight: 600; }
    .dim { color: var(--dim); }
    #panes section { border-bottom: 1px solid var(--line); padding-bottom: 6px; }
    #panes bdi { overflow-wrap: anywhere; }
    #source .line { display: flex; white-space: pre-wrap; }
    #source .line span:first-child { flex: 0 0 44px; text-align: right; padding-right: 8px;
      color: var(--dim); }
    #source .here { background: var(--mark); }
    table { border-collapse: collapse; width: 100%; }
    td, th { text-align: left; vertical-align: top; padding: 2px 6px 2px 0; font-weight: 400; }
    tr.changed td { background: var(--mark); }
    del { color: var(--fail); } ins { color: var(--pass); text-decoration: none; }
    .passed { color: var(--pass); } .failed { color: var(--fail); }
    #calls { display: grid; gap: 4px 2px; align-items: center; overflow-x: auto; }
    #calls .call { border: 1px solid var(--line); border-radius: 5px; background: var(--raised);
      padding: 1px 5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    #calls .explained { border-color: var(--pass); } #calls .misfit { border-color: var(--fail); }
    #calls .place { color: var(--pass); font-weight: 600; padding-right: 5px; }
    #order p, #order ol { margin: 4px 0; }
    #text { margin-top: 14px; }
    .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden;
      clip-path: inset(50%); margin: 0; }
    @media print { #app { display: none; } #text > * { display: block; } body { padding: 0; } }
    """#
}
