//! The units and what they measure.

/// A unit: how many of its kind's first unit one of it is, as an expression, and where its zero lies in that unit.
#[derive(Debug, PartialEq)]
pub struct Unit {
    /// Its names, by which it is found; the first is how it is shown.
    pub names: &'static str,
    pub factor: &'static str,
    pub zero: &'static str,
}

/// Units that measure the same.
#[derive(Debug, PartialEq)]
pub struct Kind {
    pub name: &'static str,
    pub units: &'static [Unit],
}

const fn unit(names: &'static str, factor: &'static str) -> Unit {
    Unit { names, factor, zero: "0" }
}

const fn degree(names: &'static str, factor: &'static str, zero: &'static str) -> Unit {
    Unit { names, factor, zero }
}

const fn kind(name: &'static str, units: &'static [Unit]) -> Kind {
    Kind { name, units }
}

/// All of them. A row holds several, so that a kind can be seen at once.
#[rustfmt::skip]
pub static KINDS: &[Kind] = &[
    kind("length", &[
        unit("m metre meter", "1"), unit("km kilometre kilometer", "1000"), unit("dm decimetre decimeter", "0.1"),
        unit("cm centimetre centimeter", "0.01"), unit("mm millimetre millimeter", "0.001"),
        unit("um µm micrometre micrometer micron", "1e-6"), unit("nm nanometre nanometer", "1e-9"),
        unit("in inch inches \"", "0.0254"), unit("ft foot feet '", "0.3048"), unit("yd yard", "0.9144"),
        unit("mi mile", "1609.344"), unit("nmi nautical_mile", "1852"), unit("au astronomical_unit", "149597870700"),
        unit("ly light_year lightyear", "9460730472580800"), unit("pc parsec", "149597870700*648000/pi"),
    ]),
    kind("mass", &[
        unit("kg kilogram", "1"), unit("g gram", "0.001"), unit("mg milligram", "1e-6"),
        unit("ug µg microgram", "1e-9"), unit("t tonne metric_ton", "1000"), unit("lb pound lbs", "0.45359237"),
        unit("oz ounce", "0.028349523125"), unit("st stone", "6.35029318"), unit("short_ton us_ton", "907.18474"),
        unit("long_ton imperial_ton", "1016.0469088"), unit("ct carat", "0.0002"), unit("gr grain", "0.00006479891"),
        unit("ozt troy_ounce", "0.0311034768"),
    ]),
    // By the unit of which the others are finite decimals, so that nothing is rounded.
    kind("temperature", &[
        unit("°R R rankine degR", "1"), unit("K kelvin", "1.8"), degree("°C C celsius degC", "1.8", "491.67"),
        degree("°F F fahrenheit degF", "1", "459.67"),
    ]),
    kind("time", &[
        unit("s second sec", "1"), unit("ms millisecond", "0.001"), unit("us µs microsecond", "1e-6"),
        unit("ns nanosecond", "1e-9"), unit("min minute", "60"), unit("h hour hr", "3600"), unit("d day", "86400"),
        unit("week wk", "604800"), unit("julian_year yr year", "31557600"), unit("julian_month month", "2629800"),
    ]),
    kind("area", &[
        unit("m2 m² m^2 square_metre square_meter sqm", "1"),
        unit("km2 km² km^2 square_kilometre square_kilometer", "1e6"),
        unit("cm2 cm² cm^2 square_centimetre square_centimeter", "1e-4"),
        unit("mm2 mm² mm^2 square_millimetre square_millimeter", "1e-6"), unit("ha hectare", "10000"),
        unit("in2 in² in^2 square_inch", "0.00064516"),
        unit("ft2 ft² ft^2 square_foot square_feet sqft", "0.09290304"),
        unit("yd2 yd² yd^2 square_yard", "0.83612736"), unit("mi2 mi² mi^2 square_mile", "2589988.110336"),
        unit("ac acre", "4046.8564224"),
    ]),
    kind("volume", &[
        unit("m3 m³ m^3 cubic_metre cubic_meter", "1"), unit("L l litre liter", "0.001"),
        unit("hL hl hectolitre hectoliter", "0.1"), unit("dL dl decilitre deciliter", "1e-4"),
        unit("cL cl centilitre centiliter", "1e-5"), unit("mL ml millilitre milliliter", "1e-6"),
        unit("cm3 cm³ cm^3 cc cubic_centimetre cubic_centimeter", "1e-6"),
        unit("in3 in³ in^3 cubic_inch", "0.000016387064"),
        unit("ft3 ft³ ft^3 cubic_foot cubic_feet", "0.028316846592"),
        unit("yd3 yd³ yd^3 cubic_yard", "0.764554857984"), unit("us_gal us_gallon gal gallon", "0.003785411784"),
        unit("us_qt us_quart qt quart", "0.000946352946"), unit("us_pt us_pint pt pint", "0.000473176473"),
        unit("us_cup cup", "0.0002365882365"),
        unit("us_fl_oz us_fluid_ounce fl_oz fluid_ounce", "0.0000295735295625"),
        unit("us_tbsp us_tablespoon tbsp tablespoon", "0.00001478676478125"),
        unit("us_tsp us_teaspoon tsp teaspoon", "0.00000492892159375"),
        unit("uk_gal imperial_gallon uk_gallon", "0.00454609"), unit("uk_pt imperial_pint uk_pint", "0.00056826125"),
        unit("uk_fl_oz imperial_fluid_ounce", "0.0000284130625"), unit("bbl oil_barrel barrel", "0.158987294928"),
    ]),
    kind("speed", &[
        unit("km/h kph kmh kilometres_per_hour kilometers_per_hour", "1"),
        unit("m/s metres_per_second meters_per_second mps", "3.6"), unit("mph mi/h miles_per_hour", "1.609344"),
        unit("kn kt knot", "1.852"), unit("ft/s fps feet_per_second", "1.09728"),
        unit("c speed_of_light", "299792458*3.6"),
    ]),
    kind("data", &[
        unit("B byte", "1"), unit("bit b", "1/8"), unit("kB KB kilobyte", "1e3"), unit("MB megabyte", "1e6"),
        unit("GB gigabyte", "1e9"), unit("TB terabyte", "1e12"), unit("PB petabyte", "1e15"),
        unit("KiB kibibyte", "2^10"), unit("MiB mebibyte", "2^20"), unit("GiB gibibyte", "2^30"),
        unit("TiB tebibyte", "2^40"), unit("PiB pebibyte", "2^50"), unit("kbit kb kilobit", "125"),
        unit("Mbit Mb megabit", "125e3"), unit("Gbit Gb gigabit", "125e6"), unit("Tbit Tb terabit", "125e9"),
    ]),
    kind("data rate", &[
        unit("bit/s bps", "1"), unit("kbit/s kbps", "1e3"), unit("Mbit/s Mbps", "1e6"), unit("Gbit/s Gbps", "1e9"),
        unit("B/s", "8"), unit("kB/s KB/s", "8e3"), unit("MB/s", "8e6"), unit("GB/s", "8e9"), unit("MiB/s", "8*2^20"),
    ]),
    kind("energy", &[
        unit("J joule", "1"), unit("kJ kilojoule", "1e3"), unit("MJ megajoule", "1e6"), unit("GJ gigajoule", "1e9"),
        unit("Wh watt_hour", "3600"), unit("kWh kilowatt_hour", "3.6e6"), unit("MWh megawatt_hour", "3.6e9"),
        unit("cal calorie", "4.184"), unit("kcal kilocalorie Cal", "4184"),
        unit("eV electronvolt", "1.602176634e-19"), unit("BTU btu", "1055.05585262"),
        unit("ft_lbf foot_pound", "1.3558179483314004"),
    ]),
    kind("power", &[
        unit("W watt", "1"), unit("mW milliwatt", "0.001"), unit("kW kilowatt", "1e3"), unit("MW megawatt", "1e6"),
        unit("GW gigawatt", "1e9"), unit("hp horsepower", "745.69987158227022"),
        unit("PS metric_horsepower", "735.49875"), unit("BTU/h", "1055.05585262/3600"),
    ]),
    kind("pressure", &[
        unit("Pa pascal", "1"), unit("hPa hectopascal", "100"), unit("kPa kilopascal", "1e3"),
        unit("MPa megapascal", "1e6"), unit("bar", "1e5"), unit("mbar millibar", "100"),
        unit("atm atmosphere", "101325"), unit("psi", "4.4482216152605/0.00064516"), unit("torr", "101325/760"),
        unit("mmHg", "133.322387415"), unit("inHg", "3386.388640341"),
    ]),
    kind("force", &[
        unit("N newton", "1"), unit("kN kilonewton", "1e3"), unit("dyn dyne", "1e-5"),
        unit("lbf pound_force", "4.4482216152605"), unit("kgf kilogram_force", "9.80665"),
    ]),
    kind("angle", &[
        unit("rad radian", "1"), unit("mrad milliradian", "0.001"), unit("deg ° degree", "pi/180"),
        unit("arcmin arcminute", "pi/10800"), unit("arcsec arcsecond", "pi/648000"),
        unit("gon gradian grad", "pi/200"), unit("turn revolution", "2*pi"),
    ]),
    kind("frequency", &[
        unit("rpm", "1"), unit("Hz hertz", "60"), unit("kHz kilohertz", "60e3"), unit("MHz megahertz", "60e6"),
        unit("GHz gigahertz", "60e9"),
    ]),
    kind("fuel consumption", &[
        unit("km/L km/l", "1"), unit("mpg us_mpg", "1.609344/3.785411784"),
        unit("uk_mpg imperial_mpg", "1.609344/4.54609"),
    ]),
];
