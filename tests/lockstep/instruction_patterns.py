# SPDX-License-Identifier: Apache-2.0
"""The instructions of Armv6-M and Armv7E-M as bit patterns, for random ones to be drawn from (DDI 0403E, A5 to A7).

A pattern's letters are operands; each is drawn once, so one that stands twice is the same twice. Of registers:
  d e t u  written     n m a s  read     b  points into scratch memory     k  holds a small number
and r is a list of registers; i is a number that is kept small, and x whatever bits. Wild draws take any bits for all of
them: what is unpredictable or undefined by its operands comes from there.
"""

NARROW_V6M = """
000xx iiiii mmm ddd
00011 xx nnn mmm ddd
001xx ddd xxxxxxxx
001xx ddd xxxxxxxx
010000 xxxx mmm ddd
010000 xxxx mmm ddd
010001 00 0 NNNN ddd
010001 01 x NNNN nnn
010001 10 0 NNNN ddd
01001 ttt xxxxxxxx
0101 000 kkk bbb sss
0101 xxx kkk bbb ttt
0110 0 xxxxx bbb sss
0110 1 xxxxx bbb ttt
0111 0 xxxxx bbb sss
0111 1 xxxxx bbb ttt
1000 0 xxxxx bbb sss
1000 1 xxxxx bbb ttt
1001 0 sss 000xxxxx
1001 1 ttt 00xxxxxx
1010 x ddd xxxxxxxx
10110000 x 0000xxx
10110010 xx mmm ddd
1011010 x xxxxxxxx
1011110 0 000rrrrr
10111010 00 mmm ddd
10111010 x1 mmm ddd
10111111 000x 0000
11000 bbb xxxxxxxx
11001 110 000rrrrr
11001 111 000rrrrr
"""

WIDE_V6M = """
1111001110111111 1000111101xxxxxx
1111001111101111 1000dddd00000xxx
"""

WIDE_V7M = """
1110101 0000 S nnnn 0xxx dddd xxxx mmmm
1110101 0001 S nnnn 0xxx dddd xxxx mmmm
1110101 001x S nnnn 0xxx dddd xxxx mmmm
1110101 001x S 1111 0xxx dddd xxxx mmmm
1110101 0100 S nnnn 0xxx dddd xxxx mmmm
1110101 1000 S nnnn 0xxx dddd xxxx mmmm
1110101 101x S nnnn 0xxx dddd xxxx mmmm
1110101 11x1 S nnnn 0xxx dddd xxxx mmmm
1110101 1110 S nnnn 0xxx dddd xxxx mmmm
1110101 xx00 1 nnnn 0xxx 1111 xxxx mmmm
1110101 1101 1 nnnn 0xxx 1111 xxxx mmmm
11110 x 0 00xx S nnnn 0xxx dddd xxxxxxxx
11110 x 0 001x S 1111 0xxx dddd xxxxxxxx
11110 x 0 0100 S nnnn 0xxx dddd xxxxxxxx
11110 x 0 1000 S nnnn 0xxx dddd xxxxxxxx
11110 x 0 101x S nnnn 0xxx dddd xxxxxxxx
11110 x 0 11x1 S nnnn 0xxx dddd xxxxxxxx
11110 x 0 1110 S nnnn 0xxx dddd xxxxxxxx
11110 x 0 xx00 1 nnnn 0xxx 1111 xxxxxxxx
11110 x 0 1101 1 nnnn 0xxx 1111 xxxxxxxx
11110 x 1 00000 nnnn 0xxx dddd xxxxxxxx
11110 x 1 01010 nnnn 0xxx dddd xxxxxxxx
11110 x 1 0x0x0 1111 0xxx dddd xxxxxxxx
11110 x 1 0x100 xxxx 0xxx dddd xxxxxxxx
11110 0 1 1x0x0 nnnn 0xxx dddd xx0xxxxx
11110 0 1 10100 nnnn 0xxx dddd xx0xxxxx
11110 0 1 11100 nnnn 0xxx dddd xx0xxxxx
11110 0 1 10110 nnnn 0xxx dddd xx0xxxxx
11110 0 1 10110 1111 0xxx dddd xx0xxxxx
11111010 0xx S nnnn 1111 dddd 0000 mmmm
11111010 000x 1111 1111 dddd 10xx mmmm
11111010 010x 1111 1111 dddd 10xx mmmm
11111010 1001 mmmm 1111 dddd 10xx mmmm
11111010 1011 mmmm 1111 dddd 1000 mmmm
11111011 0000 nnnn aaaa dddd 000x mmmm
11111011 0000 nnnn 1111 dddd 0000 mmmm
11111011 10x1 nnnn 1111 dddd 1111 mmmm
11111011 10x0 nnnn dddd eeee 0000 mmmm
11111011 11x0 nnnn dddd eeee 0000 mmmm
111110001000 bbbb ssss 000xxxxxxxxx
111110001010 bbbb ssss 000xxxxxxxxx
111110001100 bbbb ssss 000xxxxxxxxx
111110000000 bbbb ssss 1xx0 0xxxxxxx
111110000010 bbbb ssss 1x0x xxxxxxxx
111110000100 bbbb ssss 1100 0xxxxxxx
111110000xx0 bbbb ssss 1110 0xxxxxxx
111110000xx0 bbbb ssss 000000xx kkkk
1111100x1001 bbbb tttt 000xxxxxxxxx
1111100x1011 bbbb tttt 000xxxxxxxxx
111110001101 bbbb tttt 000xxxxxxxxx
111110010001 bbbb tttt 1xxx 000xxxxx
1111100x0011 bbbb tttt 1xxx 000xxxxx
111110000101 bbbb tttt 1xxx 000xxxxx
1111100x0xx1 bbbb tttt 1110 0xxxxxxx
1111100x0xx1 bbbb tttt 000000xx kkkk
1111100xx0x1 1111 tttt 0000xxxxxxxx
11111000x101 1111 tttt 0000xxxxxxxx
1111100x10x1 bbbb 1111 xxxxxxxxxxxx
1110100 1x 1 x 0 bbbb ssss nnnn 00xxxxxx
1110100 1x 1 0 1 bbbb tttt uuuu 00xxxxxx
1110100 x1 1 1 1 bbbb tttt uuuu 000xxxxx
1110100 x1 1 0 1 1111 tttt uuuu 00xxxxxx
1110100 010 x 0 bbbb 0r00 rrrrrrrrrrrr
1110100 100 x 0 bbbb 0r00 rrrrrrrrrrrr
1110100 010 x 1 bbbb 0000 rrrr000rrrrr
1110100 100 x 1 bbbb 0000 rrrr000rrrrr
111010000100 bbbb ssss dddd 00xxxxxx
111010000101 bbbb tttt 1111 00xxxxxx
111010001100 bbbb ssss 1111 010x dddd
111010001101 bbbb tttt 1111 010x 1111
1111001110111111 1000 1111 0010 1111
1111001111101111 1000dddd 000xxxxx
11110011100 0 ssss 1000 xx00 00000000
"""

WIDE_DSP = """
11111010 0xxx nnnn 1111 dddd 10xx mmmm
11111010 001x xxxx 1111 dddd 10xx mmmm
11111010 1000 nnnn 1111 dddd 10xx mmmm
11111010 1010 nnnn 1111 dddd 1000 mmmm
11111010 1xxx nnnn 1111 dddd 0xxx mmmm
11111010 1xxx nnnn 1111 dddd 0xxx mmmm
1110101 0110 0 nnnn 0xxx dddd xx x0 mmmm
11111011 0001 nnnn aaaa dddd 00xx mmmm
11111011 0001 nnnn 1111 dddd 00xx mmmm
11111011 0010 nnnn aaaa dddd 000x mmmm
11111011 0010 nnnn 1111 dddd 000x mmmm
11111011 0011 nnnn aaaa dddd 000x mmmm
11111011 0011 nnnn 1111 dddd 000x mmmm
11111011 0100 nnnn aaaa dddd 000x mmmm
11111011 010x nnnn aaaa dddd 000x mmmm
11111011 0110 nnnn aaaa dddd 000x mmmm
11111011 0111 nnnn aaaa dddd 0000 mmmm
11111011 0111 nnnn 1111 dddd 0000 mmmm
11111011 1100 nnnn dddd eeee 10xx mmmm
11111011 1100 nnnn dddd eeee 110x mmmm
11111011 1101 nnnn dddd eeee 110x mmmm
11111011 1110 nnnn dddd eeee 0110 mmmm
11110 0 1 11010 nnnn 0000 dddd 0000xxxx
11110 0 1 10010 nnnn 0000 dddd 0000xxxx
"""

FLOAT = """
11101110 0xxx xxxx xxxx 1010 xxx0 xxxx
11101110 0xxx xxxx xxxx 1010 xxx0 xxxx
11101110 0xxx xxxx xxxx 1010 xxx0 xxxx
11101110 1x00 xxxx xxxx 1010 x0x0 xxxx
11101110 1x01 xxxx xxxx 1010 xxx0 xxxx
11101110 1x10 xxxx xxxx 1010 xxx0 xxxx
11101110 1x11 xxxx xxxx 1010 00x0 xxxx
11101110 1x11 000x xxxx 1010 x1x0 xxxx
11101110 1x11 001x xxxx 1010 x1x0 xxxx
11101110 1x11 0100 xxxx 1010 x1x0 xxxx
11101110 1x11 0101 xxxx 1010 x1x0 0000
11101110 1x11 1000 xxxx 1010 x1x0 xxxx
11101110 1x11 1x1x xxxx 1010 x1x0 xxxx
11101110 1x11 110x xxxx 1010 x1x0 xxxx
11101110 0000 xxxx ssss 1010 x 0010000
11101110 0001 xxxx tttt 1010 x 0010000
11101110 00x0 xxxx ssss 1011 x 0010000
11101110 00x1 xxxx tttt 1011 x 0010000
11101100 0100 ssss nnnn 101x 00x1 xxxx
11101100 0101 tttt uuuu 101x 00x1 xxxx
11101110 1111 0001 tttt 1010 00010000
11101110 1111 0001 1111 1010 00010000
11101110 1110 0001 ssss 1010 00010000
11101101 1x00 bbbb xxxx 101x 000xxxxx
11101101 1x01 bbbb xxxx 101x 000xxxxx
11101100 1x x 0 bbbb xxxx 101x 000xxxxx
11101100 1x x 1 bbbb xxxx 101x 000xxxxx
11101101 0x 1 x bbbb xxxx 101x 0000xxxx
"""

WRITTEN = (0, 1, 2, 3, 4, 8, 9, 10, 11, 12)
READ = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14)


def patterns(text):
    return [line.replace(" ", "") for line in text.split("\n") if line]


def _operand(letter, width, random):
    """Bits for all places of a letter in a pattern."""
    if letter in "deuth":
        return random.choice(WRITTEN) if width == 4 else random.randrange(5)
    if letter in "nmasN":
        return random.choice(READ) if width >= 4 else random.randrange(8)
    if letter == "b":
        return random.choice((6, 7, 6, 7, 13)) if width == 4 else random.choice((6, 7))
    if letter == "k":
        return 5
    return random.getrandbits(width)


def draw(pattern, random, wild=False):
    """The halfwords of one instruction."""
    places = {}
    for place, letter in enumerate(pattern):
        if letter not in "01":
            places.setdefault(letter, []).append(place)
    bits = list(pattern)
    for letter, where in places.items():
        width = 4 if letter not in "xri" and len(where) > 4 else len(where)
        value = random.getrandbits(width) if wild else _operand(letter, width, random)
        for index, place in enumerate(where):
            bits[place] = str(value >> (width - 1 - index % width) & 1)
    word = int("".join(bits), 2)
    return [word] if len(pattern) == 16 else [word >> 16, word & 0xffff]
