"""The assets of the practice exchange: kind, digits and level of the price."""

from typing import NamedTuple

_VOLATILITY = {"currency": 0.005, "index": 0.01, "commodity": 0.013, "stock": 0.018, "cryptocurrency": 0.035}
"""Those of markets of each kind in a calm year."""


class Listing(NamedTuple):
    """``level`` is the price around which the asset moves; ``digits`` are the decimals of its quotes."""

    id: int
    symbol: str
    kind: str
    digits: int
    level: float
    label: str

    @property
    def volatility(self) -> float:
        """The standard deviation of a day's change, as a share of the price."""
        return _VOLATILITY[self.kind]

    @property
    def otc(self) -> bool:
        return self.symbol.endswith("_otc")

    @property
    def twin(self) -> str:
        """The OTC symbol of a regular asset and vice versa, listed or not."""
        return self.symbol.removesuffix("_otc") if self.otc else f"{self.symbol}_otc"


def _parse(line: str) -> Listing:
    id_, symbol, kind, digits, level, label = line.split(maxsplit=5)
    return Listing(int(id_), symbol, kind, int(digits), float(level), label)


# id, symbol, kind, digits, level, label
_TABLE = """\
5 #AAPL stock 2 224.1 Apple
170 #AAPL_otc stock 3 224.1 Apple OTC
140 #AXP stock 3 241 American Express
291 #AXP_otc stock 3 241 American Express OTC
8 #BA stock 2 181.5 Boeing Company
292 #BA_otc stock 2 181.5 Boeing Company OTC
154 #CSCO stock 3 47.3 Cisco
427 #CSCO_otc stock 3 47.3 Cisco OTC
177 #FB stock 2 498 FACEBOOK INC
187 #FB_otc stock 2 498 FACEBOOK INC OTC
180 #INTC stock 2 31.2 Intel
190 #INTC_otc stock 3 31.2 Intel OTC
144 #JNJ stock 3 152.6 Johnson & Johnson
296 #JNJ_otc stock 3 152.6 Johnson & Johnson OTC
20 #JPM stock 2 207 JPMorgan Chase & Co
23 #MCD stock 2 259 McDonald's
175 #MCD_otc stock 3 259 McDonald's OTC
24 #MSFT stock 2 437 Microsoft
176 #MSFT_otc stock 3 437 Microsoft OTC
147 #PFE stock 2 29.1 Pfizer Inc
297 #PFE_otc stock 2 29.1 Pfizer Inc OTC
186 #TSLA stock 2 232 Tesla
196 #TSLA_otc stock 2 232 Tesla OTC
153 #XOM stock 3 116.4 ExxonMobil
426 #XOM_otc stock 3 116.4 ExxonMobil OTC
315 100GBP index 1 8230 100GBP
403 100GBP_otc index 1 8230 100GBP OTC
473 ADA-USD_otc cryptocurrency 6 0.412 Cardano OTC
538 AEDCNY_otc currency 5 1.972 AED/CNY OTC
449 AEX25 index 2 921 AEX 25
568 AMD_otc stock 4 156 Advanced Micro Devices OTC
412 AMZN_otc stock 2 187.5 Amazon OTC
36 AUDCAD currency 5 0.9167 AUD/CAD
67 AUDCAD_otc currency 5 0.9167 AUD/CAD OTC
37 AUDCHF currency 5 0.5789 AUD/CHF
68 AUDCHF_otc currency 5 0.5789 AUD/CHF OTC
38 AUDJPY currency 3 103.1 AUD/JPY
69 AUDJPY_otc currency 3 103.1 AUD/JPY OTC
70 AUDNZD_otc currency 5 1.1 AUD/NZD OTC
40 AUDUSD currency 5 0.66 AUD/USD
71 AUDUSD_otc currency 5 0.66 AUD/USD OTC
305 AUS200 index 2 7850 AUS 200
306 AUS200_otc index 2 7850 AUS 200 OTC
481 AVAX_otc cryptocurrency 5 27.6 Avalanche OTC
183 BABA stock 2 78.6 Alibaba
428 BABA_otc stock 3 78.6 Alibaba OTC
450 BCHEUR cryptocurrency 2 391 BCH/EUR
451 BCHGBP cryptocurrency 2 333 BCH/GBP
452 BCHJPY cryptocurrency 0 66500 BCH/JPY
536 BHDCNY_otc currency 5 19.21 BHD/CNY OTC
494 BITB_otc cryptocurrency 5 35.1 Bitcoin ETF OTC
470 BNB-USD_otc cryptocurrency 4 577 BNB OTC
453 BTCGBP cryptocurrency 2 50200 BTC/GBP
454 BTCJPY cryptocurrency 2 10030000 BTC/JPY
197 BTCUSD cryptocurrency 2 64300 Bitcoin
484 BTCUSD_otc cryptocurrency 3 64300 Bitcoin OTC
455 CAC40 index 2 7480 CAC 40
41 CADCHF currency 5 0.6316 CAD/CHF
72 CADCHF_otc currency 5 0.6316 CAD/CHF OTC
42 CADJPY currency 3 112.5 CAD/JPY
73 CADJPY_otc currency 3 112.5 CAD/JPY OTC
43 CHFJPY currency 3 178.1 CHF/JPY
74 CHFJPY_otc currency 3 178.1 CHF/JPY OTC
457 CHFNOK_otc currency 3 12.38 CHF/NOK OTC
326 CITI stock 2 63.9 Citigroup Inc
413 CITI_otc stock 3 63.9 Citigroup Inc OTC
570 COIN_otc stock 4 224 Coinbase Global OTC
318 D30EUR index 1 18350 D30/EUR
406 D30EUR_otc index 1 18350 D30/EUR OTC
209 DASH_USD cryptocurrency 2 27.4 Dash
322 DJI30 index 1 39900 DJI30
409 DJI30_otc index 1 39900 DJI30 OTC
485 DOGE_otc cryptocurrency 6 0.1243 Dogecoin OTC
486 DOTUSD_otc cryptocurrency 4 6.12 Polkadot OTC
314 E35EUR index 1 11100 E35EUR
402 E35EUR_otc index 1 11100 E35EUR OTC
319 E50EUR index 2 4890 E50/EUR
407 E50EUR_otc index 2 4890 E50/EUR OTC
272 ETHUSD cryptocurrency 2 3140 Ethereum
487 ETHUSD_otc cryptocurrency 3 3140 Ethereum OTC
44 EURAUD currency 5 1.652 EUR/AUD
45 EURCAD currency 5 1.514 EUR/CAD
46 EURCHF currency 5 0.9561 EUR/CHF
77 EURCHF_otc currency 5 0.9561 EUR/CHF OTC
47 EURGBP currency 5 0.8516 EUR/GBP
78 EURGBP_otc currency 5 0.8516 EUR/GBP OTC
460 EURHUF_otc currency 3 400.7 EUR/HUF OTC
48 EURJPY currency 3 170.3 EUR/JPY
79 EURJPY_otc currency 3 170.3 EUR/JPY OTC
80 EURNZD_otc currency 5 1.817 EUR/NZD OTC
200 EURRUB_otc currency 5 97.32 EUR/RUB OTC
468 EURTRY_otc currency 5 37.46 EUR/TRY OTC
1 EURUSD currency 5 1.09 EUR/USD
66 EURUSD_otc currency 5 1.09 EUR/USD OTC
316 F40EUR index 1 7480 F40/EUR
404 F40EUR_otc index 1 7480 F40/EUR OTC
414 FDX_otc stock 2 299 FedEx OTC
51 GBPAUD currency 5 1.939 GBP/AUD
81 GBPAUD_otc currency 5 1.939 GBP/AUD OTC
52 GBPCAD currency 5 1.778 GBP/CAD
53 GBPCHF currency 5 1.123 GBP/CHF
54 GBPJPY currency 3 200 GBP/JPY
84 GBPJPY_otc currency 3 200 GBP/JPY OTC
56 GBPUSD currency 5 1.28 GBP/USD
86 GBPUSD_otc currency 5 1.28 GBP/USD OTC
566 GME_otc stock 4 23.4 GameStop Corp OTC
463 H33HKD index 1 17400 HONG KONG 33
548 IRRUSD_otc currency 10 0.0000237 IRR/USD OTC
546 JODCNY_otc currency 6 10.21 JOD/CNY OTC
317 JPN225 index 1 38900 JPN225
405 JPN225_otc index 1 38900 JPN225 OTC
554 KESUSD_otc currency 6 0.00774 KES/USD OTC
530 LBPUSD_otc currency 9 0.0000112 LBP/USD OTC
478 LINK_otc cryptocurrency 4 13.2 Chainlink OTC
464 LNKUSD cryptocurrency 4 13.2 Chainlink
488 LTCUSD_otc cryptocurrency 4 72.5 Litecoin OTC
534 MADUSD_otc currency 5 0.1015 MAD/USD OTC
572 MARA_otc stock 5 20.6 Marathon Digital Holdings OTC
491 MATIC_otc cryptocurrency 6 0.514 Polygon OTC
323 NASUSD index 1 19300 US100
410 NASUSD_otc index 1 19300 US100 OTC
182 NFLX stock 2 645 Netflix
429 NFLX_otc stock 2 645 Netflix OTC
552 NGNUSD_otc currency 6 0.000652 NGN/USD OTC
89 NZDJPY_otc currency 3 93.75 NZD/JPY OTC
90 NZDUSD_otc currency 5 0.6 NZD/USD OTC
544 OMRCNY_otc currency 5 18.81 OMR/CNY OTC
562 PLTR_otc stock 4 27.9 Palantir Technologies OTC
542 QARCNY_otc currency 6 1.989 QAR/CNY OTC
540 SARCNY_otc currency 6 1.93 SAR/CNY OTC
466 SMI20 index 2 12200 SMI 20
472 SOL-USD_otc cryptocurrency 5 152.5 Solana OTC
321 SP500 index 2 5480 SP500
408 SP500_otc index 2 5480 SP500 OTC
550 SYPUSD_otc currency 9 0.0000769 SYP/USD OTC
532 TNDUSD_otc currency 5 0.3225 TND/USD OTC
480 TON-USD_otc cryptocurrency 6 6.83 Toncoin OTC
476 TRX-USD_otc cryptocurrency 6 0.1284 TRON OTC
558 UAHUSD_otc currency 5 0.0241 UAH/USD OTC
50 UKBrent commodity 3 78.4 Brent Oil
164 UKBrent_otc commodity 3 78.4 Brent Oil OTC
64 USCrude commodity 3 74.2 WTI Crude Oil
165 USCrude_otc commodity 3 74.2 WTI Crude Oil OTC
506 USDARS_otc currency 2 1020 USD/ARS OTC
500 USDBDT_otc currency 5 119.8 USD/BDT OTC
502 USDBRL_otc currency 4 5.618 USD/BRL OTC
61 USDCAD currency 5 1.389 USD/CAD
91 USDCAD_otc currency 5 1.389 USD/CAD OTC
62 USDCHF currency 5 0.8772 USD/CHF
92 USDCHF_otc currency 5 0.8772 USD/CHF OTC
525 USDCLP_otc currency 4 943.4 USD/CLP OTC
467 USDCNH_otc currency 5 7.252 USD/CNH OTC
515 USDCOP_otc currency 2 4132 USD/COP OTC
508 USDDZD_otc currency 3 134.8 USD/DZD OTC
513 USDEGP_otc currency 5 48.78 USD/EGP OTC
504 USDIDR_otc currency 1 16310 USD/IDR OTC
202 USDINR_otc currency 4 84.1 USD/INR OTC
63 USDJPY currency 3 156.2 USD/JPY
93 USDJPY_otc currency 3 156.2 USD/JPY OTC
509 USDMXN_otc currency 4 18.48 USD/MXN OTC
523 USDMYR_otc currency 6 4.421 USD/MYR OTC
511 USDPHP_otc currency 5 57.41 USD/PHP OTC
517 USDPKR_otc currency 3 279.3 USD/PKR OTC
199 USDRUB_otc currency 4 89.29 USD/RUB OTC
526 USDSGD_otc currency 5 1.329 USD/SGD OTC
521 USDTHB_otc currency 5 34.25 USD/THB OTC
519 USDVND_otc currency 1 25450 USD/VND OTC
416 VISA_otc stock 2 266 VISA OTC
560 VIX_otc stock 4 15.8 VIX OTC
103 XAGEUR commodity 3 28.3 XAG/EUR
65 XAGUSD commodity 3 30.9 Silver
167 XAGUSD_otc commodity 4 30.9 Silver OTC
102 XAUEUR commodity 3 2260 XAU/EUR
2 XAUUSD commodity 3 2465 Gold
169 XAUUSD_otc commodity 3 2465 Gold OTC
311 XNGUSD commodity 3 2.63 Natural Gas
399 XNGUSD_otc commodity 4 2.63 Natural Gas OTC
313 XPDUSD commodity 2 968 Palladium spot
401 XPDUSD_otc commodity 2 968 Palladium spot OTC
312 XPTUSD commodity 2 983 Platinum spot
400 XPTUSD_otc commodity 2 983 Platinum spot OTC
528 YERUSD_otc currency 7 0.0041 YER/USD OTC
556 ZARUSD_otc currency 5 0.0552 ZAR/USD OTC
"""

LISTINGS: dict[str, Listing] = {listing.symbol: listing for listing in map(_parse, _TABLE.splitlines())}
"""Every asset by its symbol (protocol, appendix A)."""
