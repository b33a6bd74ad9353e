"""What a page can be made to do, were it another's word that it follows: a script in our own page, as if by a touch,
and under its own headers. One table; each row leads out, if nothing holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from tests.escape.devtools import Devtools
from tests.escape.rows import Row

SLOW_SECONDS = 1.2
DO = """
globalThis.put = (kind, with_ = {}) => {
    const made = Object.assign(document.createElement(kind), with_);
    made.style.cssText = "position:fixed;top:40%;left:40%;opacity:0";
    document.body.append(made);
    return made;
};
globalThis.blob = (words, type) => URL.createObjectURL(new Blob([words], { type }));
"""
# Where a page may be sent: by itself, by a link into another window, by window.open.
ADDRESSES = (
    *(
        "file:///etc/hostname",
        "file:///",
        "chrome://version/",
        "chrome://settings/",
        "chrome://newtab/",
        "chrome://crash/",
    ),
    *(
        "chrome://downloads/",
        "chrome://print/",
        "chrome://quit/",
        "chrome://restart/",
        "chrome-untrusted://new-tab-page/",
    ),
    *("chrome-error://chromewebdata/", "chrome-search://local-ntp/", "chrome-native://newtab/", "devtools://devtools/"),
    *("chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/index.html", "isolated-app://x/", "view-source:about:blank"),
    *("about:blank", "about:srcdoc", "about:version", "data:text/html,<h1>away</h1>", "data:application/pdf,%PDF-1.4"),
    *("javascript:'<h1>away</h1>'", "filesystem:http://localhost/temporary/x", "ftp://127.0.0.1/", "ws://127.0.0.1:1/"),
    *(
        "mailto:a@example.com",
        "tel:110",
        "sms:110",
        "intent://scan/#Intent;scheme=zxing;end",
        "magnet:?x",
        "ssh://127.0.0.1",
    ),
    *(
        "ms-settings:",
        "steam://run/1",
        "web+kiosk:x",
        "https://example.com/",
        "http://192.0.2.1/",
        "http://127.0.0.1:1/",
    ),
)
OWN = ("/nothing", "/icon.svg", "/alive", "/static/page.js", "/?again", "//example.com/", "/#away")
HTML, PDF, BYTES = "text/html", "application/pdf", "application/octet-stream"
BLOBS = {"page": ("<h1>away</h1>", HTML), "PDF": ("%PDF-1.4", PDF), "bytes": ("bytes", BYTES)}

WINDOWS: Mapping[str, str] = {
    "window.open": "window.open(location.href)",
    "window.open, nothing in it": "window.open()",
    "window.open, small": "window.open(location.href, '', 'popup,width=400,height=300')",
    "window.open, without an opener": "window.open(location.href, '', 'noopener')",
    "window.open, itself": "window.open('about:blank', '_self')",
    "link into another window": "put('a', { href: location.href, target: '_blank' }).click()",
    "link into a named window": "put('a', { href: location.href, target: 'other' }).click()",
    "form into another window": "put('form', { action: location.href, target: '_blank' }).submit()",
    "form": "put('form', { action: '/nothing' }).submit()",
    "area with a link": "put('area', { href: 'about:blank', target: '_blank' }).click()",
    "document in a window of its own": "documentPictureInPicture.requestWindow()",
    "video in a window of its own": """{ const canvas = put("canvas"), video = put("video", { muted: true });
        canvas.getContext("2d").fillRect(0, 0, 9, 9); video.srcObject = canvas.captureStream();
        video.onloadedmetadata = () => video.requestPictureInPicture(); video.play(); }""",
    "another place on the glass": "moveTo(90, 90), resizeTo(400, 300)",
    "window.close": "window.close()",
    "history.back": "history.back()",
    "history.go(-5)": "history.go(-5)",
    "reload": "location.reload()",
    "refresh by meta": "put('meta', { httpEquiv: 'refresh', content: '0;url=about:blank' })",
    "frame of nobody's": "put('iframe', { src: 'https://example.com/' })",
    "document.open": "document.open(), document.write(''), document.close()",
}
DIALOGS: Mapping[str, str] = {
    "alert": "alert('words')",
    "confirm": "confirm('words')",
    "prompt": "prompt('words')",
    "before leaving": "addEventListener('beforeunload', event => event.preventDefault()), location.reload()",
    "a field found wrong": "put('input', { required: true }).reportValidity()",
    "HTTP's own question": "fetch('/alive', { headers: { authorization: 'Basic x' } })",
    "a dialog of the page's": "put('dialog').showModal()",
}
PAPER: Mapping[str, str] = {
    "window.print": "window.print()",
    "print by command": "document.execCommand('print')",
    "print of a frame": "put('iframe').contentWindow.print()",
}
DOWNLOADS: Mapping[str, str] = {
    "download of ours": "put('a', { href: '/icon.svg', download: 'ours.svg' }).click()",
    "download of data": "put('a', { href: 'data:application/octet-stream,bytes', download: 'bytes' }).click()",
    "download of a blob": f"put('a', {{ href: blob('bytes', '{BYTES}'), download: 'bytes' }}).click()",
    "download of a page": f"put('a', {{ href: blob('<h1>', '{HTML}'), download: 'page.html' }}).click()",
    "download in a frame": f"put('iframe', {{ src: blob('bytes', '{BYTES}') }})",
    "two downloads": "for (const name of 'ab') put('a', { href: 'data:,bytes', download: name }).click()",
}
PICKERS: Mapping[str, str] = {
    "file": "put('input', { type: 'file' }).click()",
    "files": "put('input', { type: 'file', multiple: true }).showPicker()",
    "folder": "put('input', { type: 'file', webkitdirectory: true }).click()",
    "file to open": "showOpenFilePicker()",
    "file to save": "showSaveFilePicker()",
    "folder to open": "showDirectoryPicker()",
    **{
        f"{kind}": f"put('input', {{ type: '{kind}' }}).showPicker()"
        for kind in ("color", "date", "time", "month", "week")
    },
    "date and time": "put('input', { type: 'datetime-local' }).showPicker()",
    "list": "put('select').append(new Option('a'), new Option('b')), document.body.lastChild.showPicker()",
    "suggestions": """put("datalist", { id: "list" }).append(new Option("a"));
        { const field = put("input"); field.setAttribute("list", "list"); field.focus(); field.showPicker(); }""",
    "colour from the glass": "new EyeDropper().open()",
    "contacts": "navigator.contacts.select(['name'])",
    "share": "navigator.share({ text: 'words' })",
}
ASKED: Mapping[str, str] = {
    "messages": "Notification.requestPermission()",
    "a message": "new Notification('words')",
    "place": "navigator.geolocation.getCurrentPosition(() => {})",
    "camera": "navigator.mediaDevices.getUserMedia({ video: true })",
    "microphone": "navigator.mediaDevices.getUserMedia({ audio: true })",
    "the glass": "navigator.mediaDevices.getDisplayMedia({ video: true })",
    "clipboard to read": "navigator.clipboard.readText()",
    "clipboard to read, all kinds": "navigator.clipboard.read()",
    "MIDI": "navigator.requestMIDIAccess({ sysex: true })",
    "Bluetooth": "navigator.bluetooth.requestDevice({ acceptAllDevices: true })",
    "USB": "navigator.usb.requestDevice({ filters: [] })",
    "HID": "navigator.hid.requestDevice({ filters: [] })",
    "serial": "navigator.serial.requestPort()",
    "windows": "getScreenDetails()",
    "fonts": "queryLocalFonts()",
    "idle": "IdleDetector.requestPermission()",
    "storage that stays": "navigator.storage.persist()",
    "storage of others": "document.requestStorageAccess()",
    "a scheme of ours": "navigator.registerProtocolHandler('web+kiosk', location.origin + '/?%s')",
    "key of a device": """navigator.credentials.get({ publicKey: { challenge: new Uint8Array(16) } })""",
    "new key of a device": """navigator.credentials.create({ publicKey: { challenge: new Uint8Array(16),
        rp: { name: "words" }, user: { id: new Uint8Array(1), name: "words", displayName: "words" },
        pubKeyCredParams: [{ type: "public-key", alg: -7 }] } })""",
    "password": "navigator.credentials.get({ password: true })",
    "identity": "navigator.credentials.get({ identity: { providers: [{ configURL: origin, clientId: 'x' }] } })",
    "code by message": "navigator.credentials.get({ otp: { transport: ['sms'] } })",
    "payment": """new PaymentRequest([{ supportedMethods: "https://example.com/pay" }],
        { total: { label: "words", amount: { currency: "JPY", value: "1" } } }).show()""",
    "another display": "new PresentationRequest(['/?shown']).start()",
    "speech": "new webkitSpeechRecognition().start()",
    "headset": "navigator.xr.requestSession('immersive-vr')",
    "sensors": "new Accelerometer().start()",
    "installed": "navigator.install()",
}
GLASS: Mapping[str, str] = {
    "full screen": "document.documentElement.requestFullscreen()",
    "full screen of a part": "document.getElementById('screen').requestFullscreen({ navigationUI: 'show' })",
    "leaves full screen": "document.exitFullscreen()",
    "pointer held": "document.body.requestPointerLock()",
    "keys held": "navigator.keyboard.lock()",
    "turned": "screen.orientation.lock('landscape')",
    "keyboard on the glass": "put('input').focus(), navigator.virtualKeyboard.show()",
    "found words": "window.find('a')",
    "all chosen": "document.execCommand('selectAll')",
    "vibrates": "navigator.vibrate(100)",
    "stays awake": "navigator.wakeLock.request('screen')",
    "a badge": "navigator.setAppBadge(1)",
    "a drag that nobody drags": "document.dispatchEvent(new DragEvent('drop', { dataTransfer: new DataTransfer() }))",
}
TABLES: Mapping[str, Mapping[str, str]] = {
    "window": WINDOWS,
    "dialog": DIALOGS,
    "paper": PAPER,
    "download": DOWNLOADS,
    "picker": PICKERS,
    "asked": ASKED,
    "glass": GLASS,
}
WAYS: Mapping[str, str] = {
    "goes to": "location.href = `%s`",
    "takes the place": "location.replace(`%s`)",
    "link to": "put('a', { href: `%s` }).click()",
    "window at": "window.open(`%s`)",
}


def rows() -> Iterator[Row]:
    for table, scripts in TABLES.items():
        for name, script in scripts.items():
            yield Row(f"{table}: {name}", partial(Devtools.says, script=DO + script), seconds=SLOW_SECONDS)
    for way, script in WAYS.items():
        for address in (*ADDRESSES, *(f"${{location.origin}}{path}" for path in OWN)):
            said = script % address.replace("${location.origin}//", "//")
            shown = address.replace("${location.origin}", "")
            yield Row(f"{way} {shown}", partial(Devtools.says, script=DO + said), seconds=SLOW_SECONDS)
        for name, (words, kind) in BLOBS.items():
            said = script % f"${{blob('{words}', '{kind}')}}"
            yield Row(f"{way} a blob, {name}", partial(Devtools.says, script=DO + said), seconds=SLOW_SECONDS)
