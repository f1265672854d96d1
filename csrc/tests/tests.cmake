# One executable per unit. Labels: unit (also run under ASan and UBSan), tsan, bpf (needs root).
screen_test(test_cookie)
