// A page of source code in small letters, and a reader of pictures of it. A letter has a cell of 20/3 by 16 dots on the
// page of 2560 by 1440. On a screen of 1920 by 1080 these are 5 by 12 dots: each letter has the same place in its cell.
const listing = (() => {
  const page = { width: 2560, height: 1440 }
  const screen = { width: 1920, height: 1080 }
  const scale = screen.width / page.width
  const cell = { width: 20 / 3, height: 16 }
  const margin = { left: 40, top: 32 }
  const wide = Math.round(cell.width * scale)
  const high = Math.round(cell.height * scale)

  const canvas = (width, height) => Object.assign(document.createElement('canvas'), { width, height })
  const brush = (target) => target.getContext('2d', { willReadFrequently: true })

  /** write draws lines of code on a page as an editor shows them: in 8 pt, and remarks not as dark as the rest. */
  function write(lines, target = canvas(page.width, page.height)) {
    const pen = brush(target)
    pen.fillStyle = '#ffffff'
    pen.fillRect(0, 0, page.width, page.height)
    pen.font = '8pt "DejaVu Sans Mono", monospace'
    lines.forEach((line, row) => {
      const remark = line.indexOf('//')
      for (let column = 0; column < line.length; column++) {
        pen.fillStyle = remark >= 0 && column >= remark ? '#4d6b4d' : '#1f1f1f'
        pen.fillText(line[column], margin.left + column * cell.width, margin.top + row * cell.height + 12)
      }
    })
    return target
  }

  /** scaled gives a picture in another size. */
  function scaled(picture, width, height) {
    const to = canvas(width, height)
    const pen = brush(to)
    pen.imageSmoothingQuality = 'high'
    pen.drawImage(picture, 0, 0, width, height)
    return to
  }

  /** onScreen gives how bright each dot is of a picture that fills the screen. */
  function onScreen(picture) {
    const { data } = brush(scaled(picture, screen.width, screen.height)).getImageData(0, 0, screen.width, screen.height)
    return Float32Array.from({ length: data.length / 4 }, (_, i) => 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2])
  }

  /** shape gives what is in a cell, however bright and however strong; undefined when it is blank. */
  function shape(light, row, column) {
    const from = Math.round(margin.top * scale + row * high) * screen.width + Math.round(margin.left * scale + column * wide)
    const dots = Float32Array.from({ length: wide * high }, (_, i) => light[from + Math.floor(i / wide) * screen.width + (i % wide)])
    const mean = dots.reduce((sum, dot) => sum + dot, 0) / dots.length
    const size = Math.hypot(...dots.map((dot) => dot - mean))
    return size < 14 ? undefined : dots.map((dot) => (dot - mean) / size)
  }

  const letters = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))
  let known
  /** alphabet gives the shapes of all letters, in each of the three places that a cell can have among the dots of the page. */
  function alphabet() {
    if (known) return known
    const gap = ' '.repeat(6)
    const thrice = (letter) => [letter, letter, letter].join(gap)
    const light = onScreen(write(letters.slice(0, 47).map((letter, row) => thrice(letter) + gap + thrice(letters[row + 47]))))
    known = [0, 7, 14].map((column) => letters.map((_, i) => shape(light, i % 47, column + (i < 47 ? 0 : 21))))
    return known
  }

  /** read tells what part of the letters somebody gets right who knows all of them and takes for each the likest. */
  function read(light, lines) {
    let [right, all] = [0, 0]
    lines.forEach((line, row) => {
      for (let column = 0; column < line.length; column++) {
        if (line[column] === ' ') continue
        all++
        const seen = shape(light, row, column)
        if (!seen) continue
        let [best, likest] = [-1, '']
        alphabet()[column % 3].forEach((one, i) => {
          let like = 0
          for (let dot = 0; dot < seen.length; dot++) like += seen[dot] * one[dot]
          if (like > best) [best, likest] = [like, letters[i]]
        })
        if (likest === line[column]) right++
      }
    })
    return right / all
  }

  /** alike is the structural similarity (SSIM) of two pictures: the mean of windows of 8 by 8 dots that are not blank in the first. */
  function alike(a, b) {
    const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2]
    const least = 25 // of variance; paper is alike in every picture
    let [sum, count] = [0, 0]
    for (let top = 0; top + 8 <= screen.height; top += 4) {
      for (let left = 0; left + 8 <= screen.width; left += 4) {
        let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0]
        for (let dot = 0; dot < 64; dot++) {
          const at = (top + (dot >> 3)) * screen.width + left + (dot & 7)
          sa += a[at]
          sb += b[at]
          saa += a[at] * a[at]
          sbb += b[at] * b[at]
          sab += a[at] * b[at]
        }
        const [ma, mb] = [sa / 64, sb / 64]
        const [va, vb, cov] = [saa / 64 - ma * ma, sbb / 64 - mb * mb, sab / 64 - ma * mb]
        if (va < least) continue
        sum += ((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2))
        count++
      }
    }
    return sum / count
  }

  /** compare tells how well a picture that fills the screen shows some lines, of which paper is the page. */
  function compare(picture, lines, paper = onScreen(write(lines))) {
    const light = onScreen(picture)
    return { read: read(light, lines), alike: alike(paper, light) }
  }

  /** watch keeps what a video shows, twice a second, until look asks how well it shows some lines. */
  function watch(find) {
    let kept = []
    setInterval(async () => {
      const video = find()
      if (!video?.videoWidth) return
      const at = Date.now()
      kept.push({ at, picture: await createImageBitmap(video) })
    }, 500)
    return {
      last: () => kept.at(-1)?.at ?? 0,
      look(lines) {
        const paper = onScreen(write(lines))
        const seen = kept.map(({ at, picture }) => ({ at, ...compare(picture, lines, paper) }))
        for (const { picture } of kept) picture.close()
        kept = []
        return seen
      },
    }
  }

  return { write, scaled, compare, watch }
})()
