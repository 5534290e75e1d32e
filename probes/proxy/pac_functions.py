"""What a PAC file may call, written in JavaScript: the functions of Netscape's and of Microsoft's description.

Names are looked up outside: the engine has no network. `dnsResolve` and its kin look into a table; what is not there
is noted as wanted, and the file is evaluated again when the table has it.
"""

PAC_FUNCTIONS = r"""
(function (globals, table, own) {
  "use strict";
  const MAX_WANTED = 32;
  const WANTED = new Set();
  const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
  const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

  function four(text) {
    const parts = String(text).split(".");
    if (parts.length !== 4) return null;
    let value = 0;
    for (const part of parts) {
      if (!/^[0-9]{1,3}$/.test(part) || Number(part) > 255) return null;
      value = value * 256 + Number(part);
    }
    return value;
  }

  function six(text) {
    text = String(text).split("%")[0];
    const halves = text.split("::");
    if (halves.length > 2 || text.indexOf(":") < 0) return null;
    const words = [];
    for (const half of halves) {
      const found = [];
      for (const word of half === "" ? [] : half.split(":")) {
        const plain = four(word);
        if (plain !== null) found.push(Math.floor(plain / 65536), plain % 65536);
        else if (/^[0-9a-f]{1,4}$/i.test(word)) found.push(parseInt(word, 16));
        else return null;
      }
      words.push(found);
    }
    const missing = 8 - words.reduce((sum, found) => sum + found.length, 0);
    if (halves.length === 1) return missing === 0 ? words[0] : null;
    return missing < 1 ? null : words[0].concat(new Array(missing).fill(0), words[1]);
  }

  function addresses(host) {
    if (host === null || host === undefined) return [];
    host = String(host).replace(/^\[|\]$/g, "");
    if (four(host) !== null || six(host) !== null) return [host];
    const key = host.toLowerCase().replace(/\.$/, "");
    if (Object.prototype.hasOwnProperty.call(table, key)) return table[key];
    if (WANTED.size < MAX_WANTED) WANTED.add(key);
    return [];
  }

  function clock(words) {
    const now = new Date();
    const gmt = words.length > 0 && words[words.length - 1] === "GMT";
    const of = (name) => now[(gmt ? "getUTC" : "get") + name]();
    return { of: of, words: gmt ? words.slice(0, -1) : words };
  }

  function between(first, last, now) {
    const compare = (a, b) => {
      for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
      return 0;
    };
    const after = compare(first, now) <= 0;
    const before = compare(now, last) <= 0;
    return compare(first, last) <= 0 ? after && before : after || before;
  }

  // Every `*` is tried at its first fitting place, so that no pattern takes longer than text times pattern.
  function glob(text, pattern) {
    let t = 0, p = 0, star = -1, mark = 0;
    while (t < text.length) {
      if (p < pattern.length && (pattern[p] === "?" || (pattern[p] === text[t] && pattern[p] !== "*"))) { t++; p++; }
      else if (p < pattern.length && pattern[p] === "*") { star = p++; mark = t; }
      else if (star >= 0) { p = star + 1; t = ++mark; }
      else return false;
    }
    while (pattern[p] === "*") p++;
    return p === pattern.length;
  }

  const functions = {
    alert: function () {},
    isPlainHostName: (host) => String(host).indexOf(".") < 0 && String(host).indexOf(":") < 0,
    dnsDomainIs: (host, domain) => String(host).toLowerCase().endsWith(String(domain).toLowerCase()),
    localHostOrDomainIs: function (host, full) {
      host = String(host).toLowerCase();
      full = String(full).toLowerCase();
      return host === full || (host.indexOf(".") < 0 && full.startsWith(host + "."));
    },
    isResolvable: (host) => functions.dnsResolve(host) !== null,
    isResolvableEx: (host) => addresses(host).length > 0,
    dnsResolve: (host) => addresses(host).find((address) => four(address) !== null) || null,
    dnsResolveEx: (host) => addresses(host).join(";"),
    dnsDomainLevels: (host) => String(host).split(".").length - 1,
    myIpAddress: () => own.find((address) => four(address) !== null) || "127.0.0.1",
    myIpAddressEx: () => own.join(";"),
    convert_addr: (address) => { const value = four(address); return value === null ? 0 : value | 0; },
    isInNet: function (host, pattern, mask) {
      const address = four(functions.dnsResolve(host) || "");
      const network = four(pattern), bits = four(mask);
      if (address === null || network === null || bits === null) return false;
      return ((address & bits) >>> 0) === ((network & bits) >>> 0);
    },
    isInNetEx: function (host, prefix) {
      const [base, length] = String(prefix).split("/");
      return addresses(host).some(function (address) {
        const small = four(base) !== null;
        const words = small ? [four(base), four(address)] : [six(base), six(address)];
        const limit = small ? 32 : 128;
        if (words[0] === null || words[1] === null || !/^[0-9]{1,3}$/.test(length) || Number(length) > limit)
          return false;
        const digits = (value) => small
          ? value.toString(2).padStart(32, "0")
          : value.map((word) => word.toString(2).padStart(16, "0")).join("");
        return digits(words[0]).slice(0, Number(length)) === digits(words[1]).slice(0, Number(length));
      });
    },
    sortIpAddressList: function (list) {
      const texts = String(list).split(";").map((text) => text.trim()).filter((text) => text !== "");
      const key = (text) => six(text) === null ? [1, four(text)] : [0].concat(six(text));
      if (texts.some((text) => four(text) === null && six(text) === null)) return false;
      const order = function (a, b) {
        const left = key(a), right = key(b);
        for (let i = 0; i < Math.min(left.length, right.length); i++)
          if (left[i] !== right[i]) return left[i] - right[i];
        return 0;
      };
      return texts.sort(order).join(";");
    },
    getClientVersion: () => "1.0",
    shExpMatch: (text, pattern) => glob(String(text), String(pattern)),
    weekdayRange: function (...given) {
      const { of, words } = clock(given);
      const days = words.map((word) => DAYS.indexOf(String(word).toUpperCase()));
      if (days.length < 1 || days.length > 2 || days.indexOf(-1) >= 0) return false;
      return between([days[0]], [days[days.length - 1]], [of("Day")]);
    },
    dateRange: function (...given) {
      const { of, words } = clock(given);
      const now = { year: of("FullYear"), month: of("Month"), day: of("Date") };
      const kinds = words.map(function (word) {
        const month = MONTHS.indexOf(String(word).toUpperCase());
        if (month >= 0) return ["month", month];
        return [Number(word) > 31 ? "year" : "day", Number(word)];
      });
      if (kinds.length < 1 || kinds.some((kind) => !Number.isInteger(kind[1]))) return false;
      const half = kinds.length / 2;
      const pair = kinds.length % 2 === 0
        && kinds.slice(0, half).every((kind, index) => kind[0] === kinds[half + index][0]);
      const first = Object.fromEntries(pair ? kinds.slice(0, half) : kinds);
      const last = Object.fromEntries(pair ? kinds.slice(half) : kinds);
      const parts = ["year", "month", "day"].filter((part) => part in first);
      const of_parts = (value) => parts.map((part) => value[part]);
      return between(of_parts(first), of_parts(last), of_parts(now));
    },
    timeRange: function (...given) {
      const { of, words } = clock(given);
      const numbers = words.map(Number);
      const now = [of("Hours"), of("Minutes"), of("Seconds")];
      if (numbers.some((number) => !Number.isInteger(number))) return false;
      if (numbers.length === 1) return now[0] === numbers[0];
      const half = numbers.length / 2;
      if (half < 1 || half > 3 || half % 1 !== 0) return false;
      return between(numbers.slice(0, half), numbers.slice(half), now.slice(0, half));
    },
  };
  Object.assign(globals, functions);
  return () => JSON.stringify([...WANTED]);
})
"""
