//! Names of common models by their AAGUID, so that people recognise what they enrolled.
//!
//! Without attestation the number is the authenticator's own word: it is shown and decides nothing. Public identifiers of the makers,
//! as the FIDO metadata and the community's register of passkey providers list them.

/// The model of this AAGUID, if it is one of the common ones.
pub(super) fn name(aaguid: &[u8; 16]) -> Option<&'static str> {
    let number = u128::from_be_bytes(*aaguid);
    MODELS.iter().find(|(model, _)| *model == number).map(|(_, name)| *name)
}

/// `ee882879-721c-4913-9775-3dfcce97072a`
pub(super) fn spelled(aaguid: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in aaguid.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

const MODELS: &[(u128, &str)] = &[
    (0xfbfc3007_154e_4ecc_8c0b_6e020557d7bd, "iCloud Keychain"),
    (0xdd4ec289_e01d_41c9_bb89_70fa845d4bf2, "iCloud Keychain (managed)"),
    (0xea9b8d66_4d01_1d21_3ce4_b6b48cb575d4, "Google Password Manager"),
    (0xadce0002_35bc_c60a_648b_0b25f1f05503, "Chrome on Mac"),
    (0x771b48fd_d3d4_4f74_9232_fc157ab0507a, "Edge on Mac"),
    (0x08987058_cadc_4b81_b6e1_30de50dcbe96, "Windows Hello"),
    (0x9ddd1817_af5a_4672_a2b9_3e3dd95000a9, "Windows Hello"),
    (0x6028b017_b1d4_4c02_b4b3_afcdafc96bb2, "Windows Hello"),
    (0xbada5566_a7aa_401f_bd96_45619a55120d, "1Password"),
    (0xd548826e_79b4_db40_a3d8_11116f7e8349, "Bitwarden"),
    (0x531126d6_e717_415c_9320_3d9aa6981239, "Dashlane"),
    (0xf3809540_7f14_49c1_a8b3_8f813b225541, "Enpass"),
    (0x0ea242b4_43c4_4a1b_8b17_dd6d0b6baec6, "Keeper"),
    (0xb84e4048_15dc_4dd0_8640_f4f60813c8af, "NordPass"),
    (0x50726f74_6f6e_5061_7373_50726f746f6e, "Proton Pass"),
    (0x53414d53_554e_4700_0000_000000000000, "Samsung Pass"),
    (0xcb69481e_8ff7_4039_93ec_0a2729a154a8, "YubiKey 5"),
    (0xee882879_721c_4913_9775_3dfcce97072a, "YubiKey 5"),
    (0xfa2b99dc_9e39_4257_8f92_4a30d23c4118, "YubiKey 5 with NFC"),
    (0x2fc0579f_8113_47ea_b116_bb5a8db9202a, "YubiKey 5 with NFC"),
    (0x73bb0cd4_e502_49b8_9c6f_b59445bf720b, "YubiKey 5 FIPS"),
    (0xc1f9a0bc_1dd2_404a_b27f_8e29047a43fd, "YubiKey 5 FIPS with NFC"),
    (0xc5ef55ff_ad9a_4b9f_b580_adebafe026d0, "YubiKey 5Ci"),
    (0xd8522d9f_575b_4866_88a9_ba99fa02f35b, "YubiKey Bio"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_found_by_their_number() {
        let yubikey = 0xee88_2879_721c_4913_9775_3dfc_ce97_072a_u128.to_be_bytes();
        assert_eq!(name(&yubikey), Some("YubiKey 5"));
        assert_eq!(spelled(&yubikey), "ee882879-721c-4913-9775-3dfcce97072a");
        assert_eq!(name(&[0; 16]), None);
        let mut numbers: Vec<_> = MODELS.iter().map(|(number, _)| number).collect();
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), MODELS.len());
    }
}
