package testcard

// Planes of coefficients (RFC 6386 §13.3). The fourth, luma without a Y2
// block, does not come up here.
const (
	planeY = iota
	planeY2
	planeChroma
)

// probabilities are those of the branches of the token tree (RFC 6386 §13.2).
type probabilities [11]uint8

// tokenProbability is what this encoder uses in all bands and contexts of a
// plane: luma blocks are always empty, as everything is in their Y2 block,
// and that has large values, because the picture has hard edges.
var tokenProbability = [3]probabilities{
	planeY:      {255, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128},
	planeY2:     {60, 110, 25, 60, 90, 90, 110, 110, 110, 110, 230},
	planeChroma: {230, 40, 90, 100, 110, 110, 110, 110, 110, 110, 230},
}

// used reports whether a band and context of a plane comes up: luma begins
// with the second coefficient and has only empty neighbours, chroma has one
// coefficient at most.
func used(plane, band, context int) bool {
	switch plane {
	case planeY:
		return band == 1 && context == 0
	case planeY2:
		return true
	case planeChroma:
		return band < 2
	}
	return false
}

// updateProbability is the probability that a token probability stays as it
// is, by plane, band, context and branch (RFC 6386 §13.4); 255 where nothing
// is said.
var updateProbability = [4][8][3][]uint8{
	{
		1: {{176, 246}, {223, 241, 252}, {249, 253, 253}},
		2: {{255, 244, 252}, {234, 254, 254}, {253}},
		3: {{255, 246, 254}, {239, 253, 254}, {254, 255, 254}},
		4: {{255, 248, 254}, {251, 255, 254}},
		5: {{255, 253, 254}, {251, 254, 254}, {254, 255, 254}},
		6: {{255, 254, 253, 255, 254}, {250, 255, 254, 255, 254}, {254}},
	}, {
		0: {{217}, {225, 252, 241, 253, 255, 255, 254}, {234, 250, 241, 250, 253, 255, 253, 254}},
		1: {{255, 254}, {223, 254, 254}, {238, 253, 254, 254}},
		2: {{255, 248, 254}, {249, 254}},
		3: {{255, 253}, {247, 254}},
		4: {{255, 253, 254}, {252}},
		5: {{255, 254, 254}, {253}},
		6: {{255, 254, 253}, {250}, {254}},
	}, {
		0: {{186, 251, 250}, {234, 251, 244, 254}, {251, 251, 243, 253, 254, 255, 254}},
		1: {{255, 253, 254}, {236, 253, 254}, {251, 253, 253, 254, 254}},
		2: {{255, 254, 254}, {254, 254, 254}},
		3: {{255, 254}, {254, 254}, {254}},
		4: {1: {254}},
	}, {
		0: {{248}, {250, 254, 252, 254}, {248, 254, 249, 253}},
		1: {{255, 253, 253}, {246, 253, 253}, {252, 254, 251, 254, 254}},
		2: {{255, 254, 252}, {248, 254, 253}, {253, 255, 254, 254}},
		3: {{255, 251, 254}, {245, 251, 254}, {253, 253, 254}},
		4: {{255, 251, 253}, {252, 253, 254}, {255, 254}},
		5: {{255, 252}, {249, 255, 254}, {255, 255, 254}},
		6: {{255, 255, 253}, {250}},
		7: {1: {254}},
	},
}

// updateTokens writes the token probabilities behind the header of a key
// frame; those that are not used stay as they are.
func updateTokens(w *boolWriter, key bool) {
	for plane := range updateProbability {
		for band := range updateProbability[plane] {
			for context, known := range updateProbability[plane][band] {
				for branch := range len(probabilities{}) {
					stays := uint8(255)
					if branch < len(known) {
						stays = known[branch]
					}
					update := key && used(plane, band, context)
					w.write(update, stays)
					if update {
						w.literal(int(tokenProbability[plane][branch]), 8)
					}
				}
			}
		}
	}
}
