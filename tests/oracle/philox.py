"""Philox4x32-10 from its paper (Salmon et al. 2011), for the figures in tests/test_rng.c."""


def philox4x32(counter, key, rounds=10):
    c, k = list(counter), list(key)
    for _ in range(rounds):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


# the published vectors of Random123
assert philox4x32([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
assert philox4x32([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
PI = [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344]
assert philox4x32(PI, [0xA4093822, 0x299F31D0]) == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]

# counter (index, tensor, repeat, origin), key (seed low, seed high)
print([hex(w) for w in philox4x32([0x243F6A88, 5, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0])])
