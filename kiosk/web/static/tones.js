// What is heard besides words: short tones, each a list of [Hz, from, to] with times in seconds. Words and pictures say
// the same.

const TONES = {
  tick: [[620, 0, 0.03]],
  card_in: [[660, 0, 0.08], [880, 0.1, 0.2]],
  card_out: [[880, 0, 0.08], [660, 0.1, 0.2]],
  take_card: [[988, 0, 0.18], [784, 0.22, 0.4], [988, 0.44, 0.62]],
  printed: [[659, 0, 0.1], [880, 0.12, 0.26]],
  done: [[523, 0, 0.12], [659, 0.14, 0.26], [784, 0.28, 0.5]],
  error: [[330, 0, 0.16], [262, 0.2, 0.42]],
  call: [[784, 0, 0.2], [659, 0.25, 0.6]],
};
const TAKE_CARD_MS = 4000; // a card that is forgotten is called for again
const LOUDEST = 0.1;
const HELD_MS = 5000; // the device, after a tone began: to hold it takes a part of the processor

let speaker;
let letGo = 0;
let volume = 0;
let sound = ""; // of the screen
let soundAgain = 0;

export function setVolume(wanted) {
  volume = wanted;
}

// The sound of the screen that stands there: heard when it is another screen or another sound. Returns how long it
// takes [s].
export function hear(name, another) {
  if (!another && name === sound) return 0;
  sound = name;
  clearInterval(soundAgain);
  if (!(name in TONES)) return 0;
  play(name);
  if (name === "take_card") soundAgain = setInterval(() => play(name), TAKE_CARD_MS);
  return Math.max(...TONES[name].map(([, , to]) => to));
}

export function play(name) {
  speaker ??= new AudioContext();
  const now = speaker.currentTime; // which stands still while the device is let go
  for (const [hertz, from, to] of TONES[name]) {
    const tone = new OscillatorNode(speaker, { frequency: hertz });
    const gain = new GainNode(speaker, { gain: 0 });
    tone.connect(gain).connect(speaker.destination);
    gain.gain.setValueAtTime(0, now + from);
    gain.gain.linearRampToValueAtTime(LOUDEST * volume, now + from + 0.01);
    gain.gain.linearRampToValueAtTime(0, now + to);
    tone.start(now + from);
    tone.stop(now + to);
  }
  speaker.resume(); // now that all is set: so it is heard from its beginning
  clearTimeout(letGo);
  letGo = setTimeout(() => speaker.suspend(), HELD_MS);
}
