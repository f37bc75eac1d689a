package testcard

// Letters are of 5 × 7 dots, and one dot apart.
const (
	letterWidth  = 5
	letterHeight = 7
	letterPitch  = letterWidth + 1
)

// font has the letters that the picture needs, row by row.
var font = map[rune][letterHeight]string{
	'0': {" ### ", "#   #", "#  ##", "# # #", "##  #", "#   #", " ### "},
	'1': {"  #  ", " ##  ", "  #  ", "  #  ", "  #  ", "  #  ", " ### "},
	'2': {" ### ", "#   #", "    #", "  ## ", " #   ", "#    ", "#####"},
	'3': {" ### ", "#   #", "    #", "  ## ", "    #", "#   #", " ### "},
	'4': {"   # ", "  ## ", " # # ", "#  # ", "#####", "   # ", "   # "},
	'5': {"#####", "#    ", "#### ", "    #", "    #", "#   #", " ### "},
	'6': {"  ## ", " #   ", "#    ", "#### ", "#   #", "#   #", " ### "},
	'7': {"#####", "    #", "   # ", "  #  ", "  #  ", " #   ", " #   "},
	'8': {" ### ", "#   #", "#   #", " ### ", "#   #", "#   #", " ### "},
	'9': {" ### ", "#   #", "#   #", " ####", "    #", "   # ", " ##  "},
	':': {"     ", "  #  ", "  #  ", "     ", "  #  ", "  #  ", "     "},
	'.': {"     ", "     ", "     ", "     ", "     ", " ##  ", " ##  "},
	'L': {"#    ", "#    ", "#    ", "#    ", "#    ", "#    ", "#####"},
	'c': {"     ", "     ", " ####", "#    ", "#    ", "#    ", " ####"},
	'd': {"    #", "    #", " ####", "#   #", "#   #", "#   #", " ####"},
	'e': {"     ", "     ", " ### ", "#   #", "#####", "#    ", " ### "},
	'm': {"     ", "     ", "## # ", "# # #", "# # #", "# # #", "# # #"},
	'n': {"     ", "     ", "#### ", "#   #", "#   #", "#   #", "#   #"},
	'o': {"     ", "     ", " ### ", "#   #", "#   #", "#   #", " ### "},
	'r': {"     ", "     ", "# ## ", "##   ", "#    ", "#    ", "#    "},
	't': {" #   ", " #   ", "#### ", " #   ", " #   ", " #   ", "  ## "},
}

// write writes text that begins at a square of luma, with dots of dot × dot
// squares.
func (c *canvas) write(x, y, dot int, text string, with color) {
	for _, r := range text {
		for row, dots := range font[r] {
			for column, d := range dots {
				if d == '#' {
					c.fill(x+column*dot, y+row*dot, dot, dot, with)
				}
			}
		}
		x += letterPitch * dot
	}
}

// textWidth is the width of a text of n letters in squares of luma.
func textWidth(n, dot int) int { return (n*letterPitch - 1) * dot }
